"""`python -m bench.rivals.caput`: another client; each line on stdin, `NAME VALUE …`, is put and answered by `done`."""

import sys
from typing import Any

from bench.rivals.channels import connect


def main() -> int:
    known: dict[str, Any] = {}
    _say("ready")
    for line in sys.stdin:
        words = line.split()
        names, values = words[::2], [float(value) for value in words[1::2]]
        known |= connect([name for name in names if name not in known], auto_monitor=False)
        done = [known[name].put(value, wait=True, timeout=10) for name, value in zip(names, values, strict=True)]
        _say("done" if all(one == 1 for one in done) else "failed")
    return 0


def _say(word: str) -> None:
    sys.stdout.write(word + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
