"""The audit log over the API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.audit.views import filtered
from xoptweb.web.api import REFUSALS, Cut, Listed, cut

router = Router(tags=["audit"])


class EntryOut(Schema):
    id: int
    at: datetime
    who: str
    role: str
    via: str
    token: str
    action: str = Field(examples=["approval.voted"])
    target: str = Field(examples=["approvals.approval:3"])
    label: str
    before: Any
    after: Any
    correlation: str


@router.get("", response={200: Listed[EntryOut], **REFUSALS}, summary="Audit entries, newest first")
def entries(  # the parameters are read from the request by the same filter as the page's
    request: HttpRequest,
    page: Query[Cut],
    who: str = "",
    action: str = "",
    target: str = "",
    search: str = "",
    since: str = "",
    until: str = "",
) -> Any:
    """`since` and `until` are dates; the other parameters narrow the list to entries that have exactly that."""
    require(actor(request), "view_audit")
    total, items = cut(filtered(request), page)
    return {"total": total, "items": items}
