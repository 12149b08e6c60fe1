"""What this process's modules leave behind ends also when it is killed: a process beside it sees to that."""

import atexit
import os
import subprocess
import sys
import threading
from contextlib import suppress
from pathlib import Path

from modules.runner.after_death import started

PROGRAM = Path(__file__).resolve().parent / "after_death.py"


class Guard:
    """Knows the processes of modules that live, and tells the process that ends them after our death."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._reset()

    def begun(self, group: int, scratch: Path) -> None:
        """A module's process began, and leads this group; `scratch` is its directory."""
        line = b"+\t%d\t%s\t%s\n" % (group, started(group).encode(), os.fsencode(scratch))
        with self._lock:
            self._living[group] = line
            self._tell(line)

    def ended(self, group: int) -> None:
        """Nothing of it is left. A guard that was killed needs not hear of it: the next one is told of what lives."""
        with self._lock, suppress(BrokenPipeError):
            if self._living.pop(group, None) is not None and self._to_it >= 0:
                os.write(self._to_it, b"-\t%d\n" % group)

    def forget(self) -> None:
        """Let the process go on alone: at our end it ends what still lives; in a forked process none of it is ours."""
        if self._popen is not None:
            os.close(self._to_it)
            self._popen.returncode = 0  # nobody waits for it any more
        self._lock = threading.Lock()
        self._reset()

    def _reset(self) -> None:
        self._living: dict[int, bytes] = {}
        self._popen: subprocess.Popen[bytes] | None = None
        self._to_it = -1

    def _tell(self, line: bytes) -> None:
        """A process that somebody has killed is replaced by one that is told of all that lives."""
        if self._popen is None or self._popen.poll() is not None:
            self._start()
            return
        try:
            os.write(self._to_it, line)
        except BrokenPipeError:
            self._popen.wait()
            self._start()

    def _start(self) -> None:
        """In a session of its own: what kills our group spares it."""
        if self._popen is not None:
            os.close(self._to_it)
        its_end, self._to_it = os.pipe()
        try:
            self._popen = subprocess.Popen(
                [sys.executable, "-I", "-S", str(PROGRAM), str(os.getpid())],
                stdin=its_end,
                stdout=subprocess.DEVNULL,
                env={},
                cwd="/",
                start_new_session=True,
            )
        finally:
            os.close(its_end)
        for line in self._living.values():
            os.write(self._to_it, line)


guard = Guard()
atexit.register(guard.forget)
os.register_at_fork(after_in_child=guard.forget)
