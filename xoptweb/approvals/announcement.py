"""An approval as its followers and the audit log hear of it."""

from typing import Any

from xoptweb.approvals.models import Approval


def as_event(approval: Approval, **more: Any) -> dict[str, Any]:
    """What followers of the stream `approvals` get."""
    return {
        "id": approval.pk,
        "kind": approval.kind,
        "title": approval.title,
        "subject": approval.subject,
        "state": str(approval.state),
        "requested_by": approval.requested_by.get_username() if approval.requested_by else "",
        "votes_needed": approval.votes_needed,
        "expires_at": approval.expires_at.isoformat(),
        **more,
    }
