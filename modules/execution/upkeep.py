"""What goes on beside runs: writing their traces, hearing that they were cancelled, saying that they live."""

import logging
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.db.models import QuerySet
from django.utils import timezone

from modules.execution.trace import Trace
from modules.models import Run

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 0.1
LOOK_EVERY_S = 0.25
RENEW_EVERY_S = 10.0


@dataclass(eq=False)
class _Kept:
    run: Run
    trace: Trace
    cancelled: threading.Event
    unwanted: Callable[[], bool] | None
    looked: float = field(default_factory=time.monotonic)
    renewed: float = field(default_factory=time.monotonic)
    ended: bool = False
    busy: threading.Lock = field(default_factory=threading.Lock)


class Upkeep:
    """One thread for all runs of this process. A run that is shorter than a write never needs it."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        """In a forked process, whose runs these are not."""
        self._changed = threading.Condition()
        self._kept: list[_Kept] = []
        self._thread: threading.Thread | None = None

    @contextmanager
    def beside(
        self, run: Run, trace: Trace, cancelled: threading.Event, unwanted: Callable[[], bool] | None = None
    ) -> Iterator[None]:
        """Keep up `run` until the block ends: from then on its trace is the caller's alone.

        `unwanted` tells whether what waits for the run was cancelled; it is asked as often as the run's own row.
        """
        kept = _Kept(run, trace, cancelled, unwanted)
        with self._changed:
            self._kept.append(kept)
            if self._thread is None:
                self._thread = threading.Thread(target=self._keep_for_ever, name="runs' upkeep", daemon=True)
                self._thread.start()
            elif len(self._kept) == 1:
                self._changed.notify()
        try:
            yield
        finally:
            trace.close()
            with self._changed:
                self._kept.remove(kept)
            with kept.busy:
                kept.ended = True

    def _keep_for_ever(self) -> None:
        while True:
            with self._changed:
                if not self._kept:
                    connections.close_all()
                    self._changed.wait_for(lambda: self._kept)
            time.sleep(WRITE_EVERY_S)
            with self._changed:
                all_kept = list(self._kept)
            for kept in all_kept:
                with kept.busy:
                    if not kept.ended:
                        _keep(kept)


def _keep(kept: _Kept) -> None:
    try:
        kept.trace.flush()
        now = time.monotonic()
        if now - kept.looked >= LOOK_EVERY_S:
            kept.looked = now
            _look(kept)
        if now - kept.renewed >= RENEW_EVERY_S:
            kept.renewed = now
            _mine(kept.run).update(renewed_at=timezone.now())
    except (DatabaseError, InterfaceError):
        logger.warning("The trace of run %d can't be written now.", kept.run.pk, exc_info=True)
        close_old_connections()
    except Exception:  # the edge of this thread, which serves other runs as well
        logger.exception("Run %d can't be kept up.", kept.run.pk)


def _look(kept: _Kept) -> None:
    """The run is to end when somebody cancelled it or what waits for it, or when it is no longer ours."""
    cancelled = _mine(kept.run).values_list("cancel_requested", flat=True).first()
    if cancelled is None or cancelled or (kept.unwanted is not None and kept.unwanted()):
        kept.cancelled.set()


def _mine(run: Run) -> "QuerySet[Run]":
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, process=run.process, attempt=run.attempt)


upkeep = Upkeep()
os.register_at_fork(after_in_child=upkeep.reset)
