"""Running one piece of work in a worker."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections, connections

from xoptweb import correlation
from xoptweb.config import config
from xoptweb.live import notices
from xoptweb.work import claims, registry, sender
from xoptweb.work.models import Work

logger = logging.getLogger(__name__)

FLUSH_S = 1.0
RECORD_AGAIN_S = 0.5


def run(work_id: int) -> None:
    """Claim the work, do it, and record how it went. Nothing happens when it isn't due or somebody else has it."""
    work = claims.claim(work_id)
    if work is None:
        return
    try:
        with _renewing(work), correlation.following(work.correlation):
            error = _attempt(work)
        _record(work, lambda: claims.give_back(work, error) if error else claims.finish(work))
    finally:
        notices.flush(FLUSH_S)  # the worker may end with this task
        sender.flush(FLUSH_S)


def _attempt(work: Work) -> str:
    """Call the function; the traceback of what went wrong, or an empty string."""
    try:
        registry.find(work.name).function(**work.arguments)
    except Exception:  # the edge of the task: whatever it was is recorded and retried
        logger.exception("Work %d, “%s”, failed in attempt %d.", work.pk, work.name, work.attempts)
        return traceback.format_exc()
    return ""


def _record(work: Work, change: Callable[[], bool]) -> None:
    """Store the outcome, trying again as long as the claim can be ours: the database may be away or locked."""
    deadline = time.monotonic() + config().work_claim_s
    while True:
        try:
            if not change():
                logger.error("Work %d, “%s”, was taken from us before it ended.", work.pk, work.name)
            return
        except (DatabaseError, InterfaceError):
            if time.monotonic() > deadline:
                raise
            logger.warning("The outcome of work %d can't be stored yet.", work.pk, exc_info=True)
            close_old_connections()
            time.sleep(RECORD_AGAIN_S)


@contextmanager
def _renewing(work: Work) -> Iterator[None]:
    """Keep the claim while the block runs, from a thread of its own."""
    ended = threading.Event()
    thread = threading.Thread(target=_renew, args=(work, ended), name=f"claim {work.pk}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


def _renew(work: Work, ended: threading.Event) -> None:
    try:
        while not ended.wait(config().work_claim_s / 3):
            try:
                if not claims.renew(work):
                    logger.error("The claim on work %d, “%s”, was lost.", work.pk, work.name)
                    return
            except (DatabaseError, InterfaceError):
                logger.warning("The claim on work %d can't be renewed now.", work.pk, exc_info=True)
                close_old_connections()
    finally:
        connections.close_all()
