"""What a writer knows of its own right to write, on its own monotonic clock."""

import threading
import time


class Standing:
    """Shared by the threads of one writer: the renewal extends it, the stop watch ends it, the gate asks it.

    The deadline counts from the moment a successful renewal was *asked for*, so it always lies before the moment at
    which others, who count from when they saw the renewal, may take the lease.
    """

    def __init__(self, duration_s: float, margin_s: float) -> None:
        self.duration_s = duration_s
        self.margin_s = margin_s
        self._lock = threading.Lock()
        self._deadline = time.monotonic() + duration_s
        self._lost = ""
        self._stop = ""
        self._beat: int | None = None
        self._beat_seen = time.monotonic()
        self.database_trouble_since: float | None = None
        self.disarmed = False  # as last seen by the thread that listens
        self.returning = False  # on the way back, where a stop is no reason to hurry
        self.changed = threading.Event()

    def renewed(self, asked_at: float) -> None:
        with self._lock:
            self._deadline = max(self._deadline, asked_at + self.duration_s)

    def lose(self, reason: str) -> None:
        """Somebody else holds the lease now."""
        with self._lock:
            self._lost = self._lost or reason
        self.changed.set()

    def stop(self, reason: str) -> None:
        """Somebody asked for a stop: nothing moves on, everything may move back."""
        with self._lock:
            self._stop = self._stop or reason
        self.changed.set()

    def heartbeat(self, beat: int | None, age_s: float | None = None) -> None:
        """The watchdog's counter, as just read; `age_s` only the first time, from its row's own time."""
        with self._lock:
            if beat is not None and beat != self._beat:
                self._beat_seen = time.monotonic() - (age_s or 0.0)
                self._beat = beat

    def watchdog_silence_s(self) -> float:
        """Seconds since the watchdog last showed life; infinite if it never did."""
        with self._lock:
            return float("inf") if self._beat is None else time.monotonic() - self._beat_seen

    def left_s(self) -> float:
        with self._lock:
            return self._deadline - time.monotonic()

    @property
    def lost(self) -> str:
        with self._lock:
            return self._lost

    @property
    def stopped(self) -> str:
        with self._lock:
            return self._stop

    def may_move(self) -> bool:
        """Whether moves other than the way back may go on."""
        return not self.stopped and self.may_restore() and self.left_s() >= self.margin_s

    def may_restore(self) -> bool:
        return not self.lost

    def interrupts_moves(self) -> bool:
        """The interrupt of waits during a move."""
        return not self.may_move()

    def interrupts_restores(self) -> bool:
        """The interrupt of waits on the way back: only somebody else's holding the lease."""
        return not self.may_restore()
