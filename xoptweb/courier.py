"""Carrying messages away from those who write: a bounded queue and one thread, so that nobody waits for a broker."""

import atexit
import logging
import os
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

logger = logging.getLogger(__name__)

T = TypeVar("T")
QUIET_S = 30.0  # an outage is logged once in this time, not once a message
EXIT_S = 1.0


class Courier(Generic[T]):
    """Delivers posted items in order, in batches. What cannot be delivered is dropped: the database has it.

    The thread starts with the first item, belongs to one process (a forked child gets its own), and ends with it.
    """

    def __init__(self, name: str, deliver: Callable[[list[T]], None], *, capacity: int) -> None:
        self.name = name
        self.capacity = capacity
        self._deliver = deliver
        self._reset()
        os.register_at_fork(after_in_child=self._reset)
        atexit.register(self.flush, EXIT_S)

    def _reset(self) -> None:
        self._changed = threading.Condition()
        self._items: deque[T] = deque()
        self._busy = False
        self._thread: threading.Thread | None = None
        self._complained_at = -QUIET_S

    def post(self, item: T) -> bool:
        """Take `item` without waiting; False when the queue is full and it was dropped."""
        with self._changed:
            if len(self._items) >= self.capacity:
                return False
            self._items.append(item)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self.name, daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return True

    def flush(self, timeout_s: float) -> bool:
        """Wait until nothing is left to deliver; False when the time was not enough."""
        with self._changed:
            return self._changed.wait_for(lambda: not self._items and not self._busy, timeout_s)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._busy = False
                self._changed.notify_all()
                self._changed.wait_for(lambda: bool(self._items))
                batch = list(self._items)
                self._items.clear()
                self._busy = True
            try:
                self._deliver(batch)
            except Exception as problem:  # noqa: BLE001 - the edge of this thread: an outage must not end it
                self._complain(problem, len(batch))

    def _complain(self, problem: Exception, lost: int) -> None:
        now = time.monotonic()
        if now - self._complained_at >= QUIET_S:
            self._complained_at = now
            logger.warning("%s could not deliver %d messages: %s", self.name, lost, problem, exc_info=problem)
