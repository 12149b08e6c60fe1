"""Processes that a test starts: they end with it, also when the test run itself is killed."""

import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tests.patience import patient

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True)


def _die_with_parent() -> None:
    if sys.platform == "linux":
        _libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)


def start(command: Sequence[str | Path], **options: Any) -> subprocess.Popen[bytes]:
    """Start a process in a group of its own. Start it from the main thread: it dies with the thread that forked it."""
    words = [str(word) for word in command]
    return subprocess.Popen(words, start_new_session=True, preexec_fn=_die_with_parent, **options)  # noqa: PLW1509


def end(process: subprocess.Popen[Any], *, grace_s: float = 5) -> None:
    """Ask the process to end, then kill its whole group."""
    if process.poll() is None:
        process.terminate()
        with suppress(subprocess.TimeoutExpired):
            process.wait(grace_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(grace_s)


@contextmanager
def running(command: Sequence[str | Path], **options: Any) -> Iterator[subprocess.Popen[bytes]]:
    process = start(command, **options)
    try:
        yield process
    finally:
        end(process)


def wait_until(
    condition: Callable[[], object], timeout_s: float = 10, *, every_s: float = 0.02, what: str = ""
) -> None:
    """Poll until `condition` is true, for `timeout_s` on a machine that does nothing else.

    Raises:
        AssertionError: it was not true in time.
    """
    deadline = time.monotonic() + patient(timeout_s)
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"{what or 'the condition'} did not come true within {patient(timeout_s):g} s")
        time.sleep(every_s)
