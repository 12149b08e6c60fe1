"""Warm processes of modules, and runs in them."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modules.runner import measuring
from modules.runner.conversation import Conversation
from modules.runner.host import Host
from modules.runner.process import Process
from modules.runner.results import Failed, Result
from modules.runner.spec import Spec
from modules.runner.watch import Watch


class Pool:
    """Each process serves one run at a time; it is used again until it is old, idle or large.

    Threads may share a pool; a forked process must make its own.
    """

    def __init__(
        self, *, idle_s: float = 300.0, uses: int = 1000, most: int = 8, large: float = 0.5, frozen: bool = False
    ) -> None:
        """`most` is how many may wait warm; `large` the part of its memory limit with which one is not kept.

        `frozen`: whatever a run has left behind in its process stands still until the next one.
        """
        self._frozen = frozen
        self._idle_s, self._uses, self._most, self._large = idle_s, uses, most, large
        self._lock = threading.Lock()
        self._idle: list[Process] = []  # the one that rests longest first
        self._watch = Watch(self._retire_idle)
        self._closed = False

    def run(self, spec: Spec, given: Any, host: Host, *, cancelled: threading.Event | None = None) -> Result:
        """Run the module once; every way in which it can end is a result."""
        began = time.monotonic()
        never = cancelled or threading.Event()
        try:
            answer, peak = self._ran(spec, given, host, began + spec.limits.seconds, never)
        except Failed as failed:
            state = "cancelled" if failed.cause == "cancelled" else "failed"
            if state == "failed":
                told = {"error": failed.message, "cause": failed.cause, "traceback": failed.traceback}
                host.event("error", told)
            return Result(
                "cancelled" if state == "cancelled" else "failed",
                error=failed.message,
                traceback=failed.traceback,
                cause=failed.cause,
                seconds=time.monotonic() - began,
            )
        return Result(
            "succeeded",
            output=answer.get("output"),
            text=str(answer.get("text", "")),
            seconds=time.monotonic() - began,
            peak_memory_mb=peak,
        )

    def describe(self, spec: Spec, host: Host, *, writable: tuple[Path, ...] = ()) -> dict[str, Any]:
        """Start the module anew and say what it tells of itself.

        While it is being installed, byte code may be written below `writable`.

        Raises:
            Failed: its code cannot be imported, registers nothing, or breaks a limit.
        """
        deadline = time.monotonic() + spec.limits.seconds
        process = self._started(spec, host, deadline, threading.Event(), writable)
        process.close()
        return process.description

    def close(self) -> None:
        """End all processes. Runs that are still going on fail."""
        with self._lock:
            self._closed = True
            idle, self._idle = self._idle, []
        for process in idle:
            process.close()
        self._watch.close()

    @property
    def warm(self) -> int:
        """How many processes wait for their next run."""
        with self._lock:
            return len(self._idle)

    def _ran(
        self, spec: Spec, given: Any, host: Host, deadline: float, cancelled: threading.Event
    ) -> tuple[dict[str, Any], float]:
        process = self._taken(spec) or self._started(spec, host, deadline, cancelled)
        with self._given_back(process, spec):
            measuring.forget_peak(process.pid)
            conversation = Conversation(process, host, spec.limits)
            with self._watch.over(process, spec.limits, deadline, cancelled):
                answer = conversation.until_answered(process.ask("run", {"input": given, "tunables": spec.tunables}))
            return answer, measuring.peak_mb(process.pid)

    def _started(
        self, spec: Spec, host: Host, deadline: float, cancelled: threading.Event, writable: tuple[Path, ...] = ()
    ) -> Process:
        process = self._watch.start(spec, writable)
        conversation = Conversation(process, host, spec.limits)
        try:
            with self._watch.over(process, spec.limits, deadline, cancelled):
                process.description = conversation.until_answered(process.ask("load", process.orders))
        except Failed as failed:
            process.close()
            if failed.cause == "exception":
                message = f"The code of {spec.name} cannot be loaded: {failed.message}"
                raise Failed(message, "start", failed.traceback) from None
            raise
        except BaseException:
            process.close()
            raise
        read = process.description.get("read_at_import", [])
        process.at_import = {name: spec.tunables[name] for name in read if name in spec.tunables}
        return process

    def _taken(self, spec: Spec) -> Process | None:
        with self._lock:
            for process in reversed(self._idle):
                if process.fits(spec):
                    self._idle.remove(process)
                    if self._frozen:
                        process.thaw()
                    return process
        return None

    @contextmanager
    def _given_back(self, process: Process, spec: Spec) -> Iterator[None]:
        """Keep the process for the next run when it is fit for one; a module's own exception does not harm it."""
        try:
            yield
        except Failed as failed:
            if failed.cause == "exception":
                self._keep(process, spec)
            else:
                process.close()
            raise
        except BaseException:
            process.close()
            raise
        self._keep(process, spec)

    def _keep(self, process: Process, spec: Spec) -> None:
        if self._frozen:
            process.freeze()
        process.uses += 1
        process.idle_since = time.monotonic()
        memory = measuring.use(process.pid).memory_mb
        worn = process.uses >= self._uses or memory > self._large * spec.limits.memory_mb or process.why is not None
        with self._lock:
            if not worn and not self._closed:
                self._idle.append(process)
            surplus = self._idle[: -self._most] if len(self._idle) > self._most else []
            self._idle = self._idle[len(surplus) :]
            kept = process in self._idle
        for old in surplus:
            old.close()
        if not kept and process not in surplus:
            process.close()

    def _retire_idle(self) -> None:
        limit = time.monotonic() - self._idle_s
        with self._lock:
            old = [process for process in self._idle if process.idle_since < limit or not process.alive()]
            self._idle = [process for process in self._idle if process not in old]
        for process in old:
            process.close()
