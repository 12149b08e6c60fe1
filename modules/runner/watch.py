"""One thread of a pool that starts its processes, and ends those that take too long or too much."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from modules.runner import measuring
from modules.runner.process import Process
from modules.runner.results import Failed
from modules.runner.spec import Limits, Spec
from modules.runner.starting import start

LOOK_S = 0.02
DISK_EVERY = 5  # measurements
MEASURE_EVERY = 2  # looks
REST_S = 1.0


@dataclass
class _Order:
    spec: Spec
    writable: tuple[Path, ...]
    done: threading.Event = field(default_factory=threading.Event)
    made: Process | None = None
    error: BaseException | None = None


@dataclass(eq=False)
class _Watched:
    process: Process
    limits: Limits
    deadline: float
    cancelled: threading.Event
    looks: int = 0


class Watch:
    """Processes die with the thread that started them, and so with this one, also when the host is killed."""

    def __init__(self, at_rest: Callable[[], None]) -> None:
        """`at_rest` is called about once a second, for what else there is to look after."""
        self._at_rest = at_rest
        self._changed = threading.Condition()
        self._orders: list[_Order] = []
        self._watched: list[_Watched] = []
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self, spec: Spec, writable: tuple[Path, ...] = ()) -> Process:
        """A new process; it may write below `writable` too.

        Raises:
            Failed: it cannot be started.
        """
        order = _Order(spec, writable)
        with self._changed:
            self._alive()
            self._orders.append(order)
            self._changed.notify_all()
        order.done.wait()
        if order.made is None:
            raise order.error or Failed("The pool has been closed.", "start")
        return order.made

    @contextmanager
    def over(self, process: Process, limits: Limits, deadline: float, cancelled: threading.Event) -> Iterator[None]:
        """Hold the process to its limits for as long as this lasts. `deadline` is on the monotonic clock."""
        watched = _Watched(process, limits, deadline, cancelled)
        with self._changed:
            self._alive()
            self._watched.append(watched)
            self._changed.notify_all()
        try:
            yield
        finally:
            with self._changed:
                self._watched.remove(watched)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _alive(self) -> None:
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="modules-watch", daemon=True)
            self._thread.start()

    def _run(self) -> None:
        looks, rested = 0, time.monotonic()
        while True:
            with self._changed:
                if not self._orders and not self._closed:
                    self._changed.wait(LOOK_S if self._watched else REST_S)
                orders, self._orders = self._orders, []
                watched = list(self._watched)
                if self._closed:
                    break
            for order in orders:
                _fill(order)
            looks += 1
            for one in watched:
                _look(one, measure=looks % MEASURE_EVERY == 0)
            if time.monotonic() - rested >= REST_S:
                rested = time.monotonic()
                self._at_rest()
        for order in orders:
            order.done.set()


def _fill(order: _Order) -> None:
    try:
        order.made = _begun(order)
    except Exception as error:  # noqa: BLE001 – raised where the order was given
        order.error = error
    order.done.set()


def _begun(order: _Order) -> Process:
    process = Process(order.spec, start(order.spec, order.writable))
    try:
        process.put_under_guard()
    except BaseException:
        process.close()
        raise
    return process


def _look(one: _Watched, *, measure: bool) -> None:
    if one.process.why is not None:
        return
    if one.cancelled.is_set():
        one.process.kill(Failed("The run was cancelled.", "cancelled"))
    elif time.monotonic() > one.deadline:
        one.process.kill(Failed(f"The run took longer than {one.limits.seconds:g} s.", "time"))
    elif measure and one.process.alive():
        _measure(one)


def _measure(one: _Watched) -> None:
    limits, pid, subject = one.limits, one.process.pid, one.process.subject
    use = measuring.use(pid)
    one.looks += 1
    if use.processes > limits.processes:
        one.process.kill(Failed(f"The {subject} started more than {limits.processes} processes.", "processes"))
    elif use.memory_mb > limits.memory_mb and measuring.shared_memory_mb(pid) > limits.memory_mb:
        one.process.kill(Failed(f"The {subject} used more than {limits.memory_mb} MB of memory.", "memory"))
    elif limits.disk_mb and one.looks % DISK_EVERY == 0 and measuring.disk_mb(one.process.scratch) > limits.disk_mb:
        one.process.kill(Failed(f"The {subject} wrote more than {limits.disk_mb} MB of files.", "disk"))
