"""Approvals whose time is over."""

import logging

from django.utils import timezone

from xoptweb.actors import system
from xoptweb.approvals.models import Approval
from xoptweb.approvals.rows import close, locked
from xoptweb.transactions import transaction

logger = logging.getLogger(__name__)

State = Approval.State
EXPIRING = (State.PENDING, State.APPROVED)
BATCH = 100


def is_over(approval: Approval) -> bool:
    return approval.expires_at <= timezone.now()


def expire(approval_id: int) -> bool:
    """Close the approval as expired when its time is over; False when it isn't, or it was closed meanwhile.

    Raises:
        NotFound: there is no such approval.
    """
    with transaction("an expiry is told to the subject, audited and announced at once"):
        approval = locked(approval_id)
        if approval.state not in EXPIRING or not is_over(approval):
            return False
        reason = "nobody decided in time" if approval.state == State.PENDING else "it was not used in time"
        close(approval, State.EXPIRED, reason, system("expiry"), "expired")
    return True


def expire_due() -> int:
    """Close all whose time is over, each in a transaction of its own; how many that were."""
    due = Approval.objects.filter(state__in=EXPIRING, expires_at__lte=timezone.now()).order_by("expires_at")
    return sum(_expire_alone(pk) for pk in due.values_list("pk", flat=True)[:BATCH])


def _expire_alone(approval_id: int) -> bool:
    """One that can't expire, for its app fails to take note, must not hold up the others; it is tried again."""
    try:
        return expire(approval_id)
    except Exception:  # the edge to another app
        logger.exception("Approval %d can't expire.", approval_id)
        return False
