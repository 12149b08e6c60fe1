"""Claiming due work, keeping the claim, and giving it back: each one guarded UPDATE."""

import logging
from datetime import timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.utils import timezone

from xoptweb import hot
from xoptweb.config import config
from xoptweb.transactions import transaction
from xoptweb.work import registry
from xoptweb.work.models import Work
from xoptweb.work.process import identity

logger = logging.getLogger(__name__)

LONGEST_BACKOFF_S = 60.0
LONGEST_ERROR = 20_000
LONGEST_DUE = """
SELECT * FROM work_work WHERE state = %s AND name = %s AND queue = %s AND due_at <= %s ORDER BY due_at, id LIMIT 1
"""


def claim(work_id: int) -> Work | None:
    """The work, now ours; None when it isn't due, or somebody else was faster."""
    return _claimed(Work.objects.filter(pk=work_id, state=Work.State.DUE, due_at__lte=timezone.now()).first())


def claim_next(name: str, queue: str) -> Work | None:
    """The work of that name that is due longest in the queue, now ours; None when there is none, or one was faster.

    Inside a transaction.
    """
    now = connection.ops.adapt_datetimefield_value(timezone.now())
    locked = " FOR UPDATE SKIP LOCKED" if connection.features.has_select_for_update_skip_locked else ""
    due = Work.objects.raw(LONGEST_DUE + locked, [Work.State.DUE.value, name, queue, now])
    return _claimed(next(iter(due), None))


def _claimed(work: Work | None) -> Work | None:
    """Only a row that looks due is written to: most messages about work that others did cost no write lock."""
    if work is None:
        return None
    now, before = timezone.now(), work.attempts
    work.state, work.attempts = Work.State.CLAIMED, before + 1
    work.claimed_by, work.claimed_at = identity(), now
    work.claimed_until = now + timedelta(seconds=config().work_claim_s)
    names = ("state", "attempts", "claimed_by", "claimed_at", "claimed_until")
    return work if hot.update_where(work, {"state": Work.State.DUE, "attempts": before}, *names) else None


def renew(work: Work) -> bool:
    """Keep the claim for another `config().work_claim_s`; False when it is no longer ours."""
    until = timezone.now() + timedelta(seconds=config().work_claim_s)
    return bool(_held(work).update(claimed_until=until))


def finish(work: Work) -> bool:
    """Mark the work done; False when the claim was no longer ours."""
    claim = {"state": Work.State.CLAIMED, "claimed_by": work.claimed_by, "attempts": work.attempts}
    work.state, work.finished_at, work.error = Work.State.DONE, timezone.now(), ""
    return hot.update_where(work, claim, "state", "finished_at", "error")


def give_back(work: Work, error: str) -> bool:
    """The attempt failed: due again after a growing pause while attempts are left, else failed for good.

    False when the claim was no longer ours.
    """
    pause_s = min(LONGEST_BACKOFF_S, 2.0 ** (work.attempts - 1))
    return _end_attempt(work, _held(work), error, timedelta(seconds=pause_s))


def free(work: Work, reason: str) -> bool:
    """Take the claim of somebody who died or did not renew it; due at once while attempts are left, else failed.

    False when it was renewed or ended in the meantime.
    """
    unchanged = _held(work).filter(claimed_until=work.claimed_until)
    freed = _end_attempt(work, unchanged, f"Attempt {work.attempts} ended: {reason}.", timedelta())
    if freed:
        logger.warning("Work %d, “%s”, was freed from %s: %s.", work.pk, work.name, work.claimed_by, reason)
    return freed


def _end_attempt(work: Work, claim: QuerySet[Work], error: str, pause: timedelta) -> bool:
    now = timezone.now()
    changes: dict[str, Any] = {"error": error[-LONGEST_ERROR:], "claimed_until": None, "claimed_by": ""}
    if work.attempts < work.attempts_max:
        return bool(claim.update(state=Work.State.DUE, due_at=now + pause, enqueued_at=None, **changes))
    with transaction("give up failed work"):
        given_up = bool(claim.update(state=Work.State.FAILED, finished_at=now, **changes))
        if given_up:
            _tell(work, error)
    return given_up


def _tell(work: Work, error: str) -> None:
    """Let the app of the work know that it was given up; the work stays failed whatever comes of that."""
    failed = registry.failed(work.name)
    if failed is None:
        return
    try:
        with transaction("an app hears of its failed work"):
            failed(work.arguments, error)
    except Exception:  # the edge to another app, which must not hold up the sweep
        logger.exception("The app of work %d, “%s”, could not take note of its failure.", work.pk, work.name)


def _held(work: Work) -> "QuerySet[Work]":
    """The row as long as this very claim holds: `attempts` counts claims, so an older claim never fits again."""
    return Work.objects.filter(pk=work.pk, state=Work.State.CLAIMED, claimed_by=work.claimed_by, attempts=work.attempts)
