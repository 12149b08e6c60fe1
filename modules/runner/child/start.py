"""Where a module's process begins, with its own interpreter: close the doors first, then let other people's code in.

    python -I -S -X utf8 start.py FD_IN FD_OUT

With `-S` not even the start-up files of the environment (`*.pth`) run before the process is confined.
"""

import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))


def main() -> int:
    sys.path.insert(0, HERE)
    from xoptweb_child import confine, wire

    sys.path.remove(HERE)
    pipes = wire.Wire(int(sys.argv[1]), int(sys.argv[2]))
    orders = pipes.receive()
    if orders is None:
        return 0
    try:
        confine.apply(orders["params"])
    except OSError as error:
        pipes.refuse(orders["id"], f"The module's process could not be confined: {error}")
        return 1
    import site

    site.main()
    from xoptweb_child import serving

    return serving.serve(pipes, orders)


if __name__ == "__main__":
    sys.exit(main())
