"""What goes on beside a run: writing its trace, hearing that it was cancelled, saying that it lives."""

import logging
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.db.models import QuerySet
from django.utils import timezone

from modules.execution.trace import Trace
from modules.models import Run

logger = logging.getLogger(__name__)

WRITE_EVERY_S = 0.1
LOOK_EVERY_S = 0.25
RENEW_EVERY_S = 10.0


@contextmanager
def beside(run: Run, trace: Trace, cancelled: threading.Event) -> Iterator[None]:
    """Run the upkeep of `run` until the block ends. A run that is shorter than a write never needs it."""
    ended = threading.Event()
    thread = threading.Thread(target=_keep, args=(run, trace, cancelled, ended), name=f"run {run.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        trace.close()
        thread.join()


def _keep(run: Run, trace: Trace, cancelled: threading.Event, ended: threading.Event) -> None:
    looked = renewed = time.monotonic()
    try:
        while not ended.wait(WRITE_EVERY_S):
            try:
                trace.flush()
                now = time.monotonic()
                if now - looked >= LOOK_EVERY_S:
                    looked = now
                    _look(run, cancelled)
                if now - renewed >= RENEW_EVERY_S:
                    renewed = now
                    _mine(run).update(renewed_at=timezone.now())
            except (DatabaseError, InterfaceError):
                logger.warning("The trace of run %d can't be written now.", run.pk, exc_info=True)
                close_old_connections()
    finally:
        connections.close_all()


def _look(run: Run, cancelled: threading.Event) -> None:
    """The run is to end when somebody cancelled it, or when it is no longer ours."""
    wanted = _mine(run).values_list("cancel_requested", flat=True).first()
    if wanted is None or wanted:
        cancelled.set()


def _mine(run: Run) -> "QuerySet[Run]":
    return Run.objects.filter(pk=run.pk, state=Run.State.RUNNING, process=run.process, attempt=run.attempt)
