"""A small process that waits for the supervisor's death, and then leaves no other process behind."""

import os
import select
import sys
import time

MARK, SUPERVISOR = "XOPTWEB_SUPERVISOR", "XOPTWEB_SUPERVISOR_PID"
GRACE_S = 2.0


def wait_for_death(pid: int) -> None:
    """Return when our parent `pid` is gone. Without `pidfd` (not Linux) this looks twice a second."""
    if hasattr(os, "pidfd_open"):
        try:
            descriptor = os.pidfd_open(pid)
        except ProcessLookupError:
            return
        if os.getppid() == pid:
            select.select([descriptor], [], [])
        return
    while os.getppid() == pid:
        time.sleep(0.5)


def main() -> int:
    wait_for_death(int(os.environ[SUPERVISOR]))
    from xoptweb.supervisor import leftovers

    count = leftovers.end(leftovers.of_mark(os.environ[MARK]), grace_s=GRACE_S)
    sys.stderr.write(f"The supervisor died; ended {count} processes.\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
