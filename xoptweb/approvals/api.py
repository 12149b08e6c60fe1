"""Approvals over the API. Deciding takes a person: a token is always refused."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.approvals import services
from xoptweb.approvals.models import Approval
from xoptweb.errors import NotFound
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["approvals"])


class ApprovalOut(Schema):
    id: int
    kind: str = Field(examples=["execution"])
    title: str = Field(examples=["60 evaluations on 5 channels"])
    subject: str = Field(examples=["optimizer.iteration:7"])
    state: str = Field(examples=["pending"])
    requested_by: str | None
    votes_needed: int
    digest: str = Field(description="Binds a decision to what was shown.")
    created_at: datetime
    expires_at: datetime
    decided_at: datetime | None

    @staticmethod
    def resolve_requested_by(approval: Approval) -> str | None:
        return approval.requested_by.get_username() if approval.requested_by else None


class VoteOut(Schema):
    by: str
    verdict: str
    reason: str
    at: datetime

    @staticmethod
    def resolve_by(vote: Any) -> str:
        return str(vote.by.get_username())


class ApprovalDetail(ApprovalOut):
    content: Any
    envelope: Any = Field(description="What may move: channels, ranges, steps, evaluations, time.")
    votes: list[VoteOut]

    @staticmethod
    def resolve_votes(approval: Approval) -> Any:
        return approval.votes.select_related("by").order_by("at")


class DecisionIn(Schema):
    verdict: Literal["approve", "reject", "request_changes"]
    reason: str = Field("", max_length=2000, description="Needed to reject and to request changes.")
    digest: str = Field(max_length=64, description="Of what you saw.")


@router.get("", response={200: Listed[ApprovalOut], **REFUSALS}, summary="Approvals, newest first")
def approvals(request: HttpRequest, page: Query[Cut], state: str = "", kind: str = "") -> Any:
    """`state` and `kind` narrow the list."""
    require(actor(request), "view_machine")
    rows = Approval.objects.select_related("requested_by").defer("content", "envelope")
    if state:
        rows = rows.filter(state=state)
    if kind:
        rows = rows.filter(kind=kind)
    total, items = cut(rows, page)
    return {"total": total, "items": items}


@router.get("/{approval_id}", response={200: ApprovalDetail, **REFUSALS}, summary="One approval with all it shows")
def approval(request: HttpRequest, approval_id: int) -> Any:
    require(actor(request), "view_machine")
    return _find(approval_id)


@router.post("/{approval_id}/decide", response={200: ApprovalDetail, **REFUSALS}, summary="Decide", openapi_extra=ONCE)
def decide(request: HttpRequest, approval_id: int, payload: DecisionIn) -> Any:
    """For people who are logged in and gave their password lately (else 403 with code `confirmation_needed`)."""
    by = actor(request)
    services.decide(approval_id, payload.verdict, payload.reason, by=by, digest=payload.digest)
    return _find(approval_id)


def _find(approval_id: int) -> Approval:
    found = Approval.objects.select_related("requested_by").filter(pk=approval_id).first()
    if found is None:
        raise NotFound("There is no such approval.")
    return found
