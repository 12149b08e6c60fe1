"""What the beat process does: sweep, and call the periodic functions. It needs no broker for that."""

import logging
import threading
import time
from typing import Any

from celery.beat import Scheduler
from django.db import DatabaseError, InterfaceError, close_old_connections

from xoptweb.discovery import discover_acting
from xoptweb.work import registry, sweeping

logger = logging.getLogger(__name__)

SWEEP_EVERY_S = 1.0
PERIODIC_TICK_S = 0.25


class Sweeper(Scheduler):
    """Celery's beat asks this what is due; the database answers, so nothing goes through Celery's own schedule."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if not kwargs.get("lazy"):
            discover_acting()
            threading.Thread(target=run_periodic, name="periodic", daemon=True).start()

    def setup_schedule(self) -> None:
        self.data: dict[str, Any] = {}

    def tick(self, *args: Any, **kwargs: Any) -> float:
        began = time.monotonic()
        try:
            close_old_connections()
            sweeping.sweep()
        except (DatabaseError, InterfaceError):
            logger.warning("The sweep waits for the database.", exc_info=True)
        return max(0.01, began + SWEEP_EVERY_S - time.monotonic())


def run_periodic() -> None:
    """Call every registered periodic function when its time has come, for ever."""
    next_at: dict[str, float] = {}
    while True:
        call_due(next_at)
        time.sleep(PERIODIC_TICK_S)


def call_due(next_at: dict[str, float]) -> None:
    """Call those whose time has come; `next_at` remembers, by name and on the monotonic clock, when it comes again."""
    for entry in registry.every():
        if time.monotonic() >= next_at.get(entry.name, 0.0):
            next_at[entry.name] = time.monotonic() + entry.every_s
            call(entry)


def call(entry: registry.Periodic) -> None:
    try:
        close_old_connections()
        entry.function()
    except Exception:  # the edge of this thread: one that fails must not end the others
        logger.exception("“%s” failed; it is called again in %.0f s.", entry.name, entry.every_s)
