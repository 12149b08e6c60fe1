"""Claiming due work, keeping the claim, and giving it back: each one guarded UPDATE."""

import logging
from datetime import timedelta
from typing import Any

from django.db.models import F, QuerySet
from django.utils import timezone

from xoptweb.config import config
from xoptweb.transactions import transaction
from xoptweb.work import registry
from xoptweb.work.models import Work
from xoptweb.work.process import identity

logger = logging.getLogger(__name__)

LONGEST_BACKOFF_S = 60.0
LONGEST_ERROR = 20_000


def claim(work_id: int) -> Work | None:
    """The work, now ours; None when it isn't due, or somebody else was faster."""
    now = timezone.now()
    changed = Work.objects.filter(pk=work_id, state=Work.State.DUE, due_at__lte=now).update(
        state=Work.State.CLAIMED,
        claimed_by=identity(),
        claimed_at=now,
        claimed_until=now + timedelta(seconds=config().work_claim_s),
        attempts=F("attempts") + 1,
    )
    return Work.objects.get(pk=work_id) if changed else None


def renew(work: Work) -> bool:
    """Keep the claim for another `config().work_claim_s`; False when it is no longer ours."""
    until = timezone.now() + timedelta(seconds=config().work_claim_s)
    return bool(_held(work).update(claimed_until=until))


def finish(work: Work) -> bool:
    """Mark the work done; False when the claim was no longer ours."""
    return bool(_held(work).update(state=Work.State.DONE, finished_at=timezone.now(), error=""))


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
