"""Running one piece of work in a worker."""

import logging
import threading
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.db import transaction as django_transaction

from xoptweb import correlation
from xoptweb.config import config
from xoptweb.live import notices
from xoptweb.work import claims, registry, sender
from xoptweb.work.models import Work

logger = logging.getLogger(__name__)

FLUSH_S = 1.0
FOLLOW_S = 0.5  # a worker that is asked to end has to wait no longer for work to follow
RECORD_AGAIN_S = 0.5


class _Doing:
    """The work that this thread does, and what comes after it."""

    def __init__(self, work: Work, until: float) -> None:
        self.work, self.until = work, until
        self.recorded = False
        self.next: Work | None = None


class _Local(threading.local):
    doing: _Doing | None = None


_local = _Local()


def run(work_id: int) -> None:
    """Claim the work, do it, and record how it went. Nothing happens when it isn't due or somebody else has it.

    Where its task says so, the next one that is due follows, for a short while.
    """
    until = time.monotonic() + FOLLOW_S
    work = claims.claim(work_id)
    if work is None:
        return
    try:
        while work is not None:
            work = _done(_Doing(work, until))
    finally:
        notices.flush(FLUSH_S)  # the worker may end with this task
        sender.flush(FLUSH_S)


def ended_with_this() -> Work | None:
    """Record, in the open transaction, that the work this thread does is done; nothing where it does none.

    A function calls it with its last changes, so that they and the end of the work are one commit. The next work of a
    task that `follows` is claimed in the same one, and returned.
    """
    doing = _local.doing
    if doing is None or not claims.finish(doing.work):
        return None
    following = registry.find(doing.work.name).follows and time.monotonic() < doing.until
    next_one = claims.claim_next(doing.work.name, doing.work.queue) if following else None

    def committed() -> None:
        doing.recorded, doing.next = True, next_one

    django_transaction.on_commit(committed)
    return next_one


def _done(doing: _Doing) -> Work | None:
    """Do it and record how it went; the work that follows, which is ours already."""
    work = doing.work
    _local.doing = doing
    try:
        with _renewing(work), correlation.following(work.correlation):
            error = _attempt(work)
    finally:
        _local.doing = None
    if not doing.recorded:
        _record(work, lambda: claims.give_back(work, error) if error else claims.finish(work))
    return doing.next


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
