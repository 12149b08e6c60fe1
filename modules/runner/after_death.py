"""A small process that waits for the death of the one that runs modules, then ends what these have left.

    python -I -S after_death.py PID

Its standard input has lines of fields between tabs: `+ GROUP START SCRATCH` when a module's process has begun, and
`- GROUP` when all of it has ended. A process of its own, because nothing inside the one that dies can do it, and the
kernel ends only the module's first process by itself.
"""

import os
import select
import shutil
import signal
import sys
import time
from contextlib import suppress

CHUNK = 1 << 16
ENDS_S = 5.0
LOOK_S = 0.01
STANDARD_INPUT = 0

Left = dict[int, tuple[str, str]]  # group → start of its first process, scratch directory


def main(pid: int) -> int:
    left = wait_for_death(pid)
    for group, (start, _) in left.items():
        end(group, start)
    for group, (_, scratch) in left.items():
        wait_for_end(group)
        shutil.rmtree(scratch, ignore_errors=True)
    return 0


def wait_for_death(pid: int) -> Left:
    """Take note of what begins and ends until `pid` is gone or has closed its end; what is left then."""
    left: Left = {}
    rest = b""
    died = _pidfd(pid)
    waiting = select.poll()
    for descriptor in [STANDARD_INPUT] if died is None else [STANDARD_INPUT, died]:
        waiting.register(descriptor, select.POLLIN)
    os.set_blocking(STANDARD_INPUT, False)
    while True:
        ready = {descriptor for descriptor, _ in waiting.poll()}
        while chunk := _read():
            *lines, rest = (rest + chunk).split(b"\n")
            for line in lines:
                _note(left, os.fsdecode(line).split("\t"))
        if chunk == b"" or died in ready:
            return left


def _read() -> bytes | None:
    """What has been written; nothing at the end, None when there is no more now."""
    try:
        return os.read(STANDARD_INPUT, CHUNK)
    except BlockingIOError:
        return None


def _note(left: Left, fields: list[str]) -> None:
    if fields[0] == "+":
        left[int(fields[1])] = fields[2], fields[3]
    else:
        left.pop(int(fields[1]), None)


def end(group: int, start: str) -> None:
    """Kill the group, unless its number belongs to another process by now: then nothing of it was left."""
    if started(group) in (start, ""):
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(group, signal.SIGKILL)


def wait_for_end(group: int) -> None:
    deadline = time.monotonic() + ENDS_S
    with suppress(ProcessLookupError, PermissionError):
        while time.monotonic() < deadline:
            os.killpg(group, 0)
            time.sleep(LOOK_S)


def started(pid: int) -> str:
    """When the process began, in clock ticks after boot; empty when it is gone, or this is not Linux."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as stat:  # noqa: PTH123 – pathlib loads slowly
            return stat.read().rpartition(")")[2].split()[19]
    except (FileNotFoundError, ProcessLookupError):
        return ""


def _pidfd(pid: int) -> int | None:
    """Readable once the process has gone; None where there is no such thing."""
    try:
        return os.pidfd_open(pid)
    except (AttributeError, OSError):
        return None


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
