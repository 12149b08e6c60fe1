"""One process of a module, as the host holds it."""

import json
import os
import shutil
import signal
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from modules.runner.guard import guard
from modules.runner.results import Failed
from modules.runner.spec import Spec
from modules.runner.starting import Started

ENDS_S = 5.0
LOOK_S = 0.002


class Process:
    """Warm once `description` is there. Used by one thread at a time; `kill` may come from any."""

    def __init__(self, spec: Spec, started: Started) -> None:
        self.key = spec.key
        self.name, self.subject = spec.name, spec.subject
        self.orders = started.orders
        self.description: dict[str, Any] = {}
        self.at_import: dict[str, Any] = {}  # tunables that the code read while it was imported
        self.uses = 0
        self.idle_since = time.monotonic()
        self.why: Failed | None = None  # why it was killed
        self.from_child, self.printed, self.complained = started.from_child, started.printed, started.complained
        self._popen, self._to_child, self._scratch = started.popen, started.to_child, started.scratch
        self._number = 0
        self._ending = threading.Lock()
        self._closed = False

    @property
    def pid(self) -> int:
        return self._popen.pid

    @property
    def scratch(self) -> Path:
        """The directory that it may write."""
        return self._scratch

    def put_under_guard(self) -> None:
        """From now on all of it ends also when this process is killed."""
        guard.begun(self.pid, self._scratch)

    def ask(self, method: str, params: dict[str, Any]) -> int:
        """Send a request; its number."""
        self._number += 1
        self.send({"id": self._number, "method": method, "params": params})
        return self._number

    def send(self, message: dict[str, Any]) -> None:
        """A process that has ended is found out when it is listened to."""
        view = memoryview(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        with suppress(BrokenPipeError):
            while view:
                view = view[os.write(self._to_child, view) :]

    def fits(self, spec: Spec) -> bool:
        """Whether it can serve such a run."""
        same = all(name in spec.tunables and spec.tunables[name] == value for name, value in self.at_import.items())
        return self.key == spec.key and same and self.alive()

    def alive(self) -> bool:
        """Whether it has not ended. It is not reaped, so that its group's number stays its own."""
        with self._ending:
            if self._closed:
                return False
            return self._ended() is None

    def exit_within(self, seconds: float) -> os.waitid_result | None:
        """How it ended; None when it has not, after so long."""
        deadline = time.monotonic() + seconds
        while (ended := self._ended()) is None and time.monotonic() < deadline:
            time.sleep(LOOK_S)
        return ended

    def kill(self, why: Failed) -> None:
        """End its whole group; the first reason counts."""
        with self._ending:
            if self._closed:
                return
            self.why = self.why or why
            self._kill_group()

    def freeze(self) -> None:
        """Stop all of it until `thaw`: nothing that it has started goes on meanwhile."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        self._signal(signal.SIGCONT)

    def _signal(self, number: signal.Signals) -> None:
        with self._ending, suppress(ProcessLookupError, PermissionError):
            if not self._closed:
                os.killpg(self.pid, number)

    def close(self) -> int | None:
        """End it and all it has started, and remove what it left on the disk; its exit code."""
        with self._ending:
            if not self._closed:
                ended = self._ended()
                self._kill_group()
                self._popen.wait(ENDS_S)
                self._closed = True
                for fd in (self._to_child, self.from_child, self.printed, self.complained):
                    os.close(fd)
                shutil.rmtree(self._scratch, ignore_errors=True)
                guard.ended(self.pid)
                return self._popen.returncode if ended else None
            return self._popen.returncode

    def _ended(self) -> os.waitid_result | None:
        return os.waitid(os.P_PID, self.pid, os.WEXITED | os.WNOHANG | os.WNOWAIT)

    def _kill_group(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)
