"""The rows of approvals: locking one, and closing it."""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from xoptweb.actors import Actor
from xoptweb.approvals import kinds
from xoptweb.approvals.announcement import as_event
from xoptweb.approvals.models import Approval
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import NotFound
from xoptweb.live.services import publish
from xoptweb.states import move

State = Approval.State


def locked(approval_id: int) -> Approval:
    """The approval, so that nobody else changes it until the transaction ends.

    Raises:
        NotFound: there is no such approval.
    """
    try:
        return Approval.objects.select_for_update(of=("self",)).select_related("requested_by").get(pk=approval_id)
    except Approval.DoesNotExist:
        raise NotFound(f"There is no approval {approval_id}.") from None


def close(approval: Approval, outcome: State, reason: str, by: Actor, event: str) -> Approval:
    """Move the approval, audit and announce it, and let its kind go on, in the open transaction.

    An approved one has its full life again, now for being used.

    Raises:
        Conflict: its state does not lead there.
    """
    now = timezone.now()
    changes: dict[str, Any] = {"decided_at": now}
    if outcome is State.APPROVED:
        changes["expires_at"] = max(approval.expires_at, now + timedelta(seconds=config().approval_expiry_s))
    before = {"state": str(approval.state)}
    move(approval, outcome, **changes)
    after = {"state": str(outcome), "reason": reason}
    record(by, f"approval.{outcome}", approval, before=before, after=after, correlation=approval.correlation)
    publish("approvals", event, as_event(approval, by=by.label, reason=reason))
    kinds.find(approval.kind).decided(approval, str(outcome), reason, by)
    return approval
