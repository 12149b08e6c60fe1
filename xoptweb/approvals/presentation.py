"""Approvals as pages show them."""

from dataclasses import dataclass
from datetime import datetime

from django.db.models import QuerySet
from django.db.models.fields.json import KT

from xoptweb.approvals import kinds
from xoptweb.approvals.models import Approval

MANNERS = {
    Approval.State.PENDING: "warn",
    Approval.State.APPROVED: "good",
    Approval.State.USED: "good",
    Approval.State.REJECTED: "bad",
    Approval.State.CHANGES_REQUESTED: "warn",
    Approval.State.EXPIRED: "",
    Approval.State.WITHDRAWN: "",
}


@dataclass(frozen=True)
class Head:
    """State of one approval in words; `expires_at` only while it waits."""

    manner: str
    words: str
    expires_at: datetime | None


@dataclass(frozen=True)
class Row:
    """`about` is what the request is for, in the words of who wanted it."""

    approval: Approval
    kind: str
    head: Head
    about: str


def head(approval: Approval) -> Head:
    state = Approval.State(approval.state)
    waits = state == Approval.State.PENDING
    words = "waiting" if waits else str(state.label).lower()
    return Head(MANNERS[state], words, approval.expires_at if waits else None)


def listed(approvals: QuerySet[Approval]) -> QuerySet[Approval]:
    """With what `row` needs, and without the rest of their content."""
    return approvals.select_related("requested_by").defer("content", "envelope").annotate(about=KT("content__about"))


def row(approval: Approval) -> Row:
    """`approval` is one of those `listed`."""
    return Row(approval, kind_of(approval).title, head(approval), getattr(approval, "about", "") or "")


class Unknown(kinds.Kind):
    """Stands in for a kind that no app registers any more: its content is shown as it was stored."""

    name = "unknown"
    title = "no longer known"
    template = "approvals/kinds/unknown.html"


def kind_of(approval: Approval) -> kinds.Kind:
    try:
        return kinds.find(approval.kind)
    except LookupError:
        return Unknown()


def known_kinds() -> list[tuple[str, str]]:
    """Names and titles of the kinds that were ever asked for; one query."""
    names = Approval.objects.order_by("kind").values_list("kind", flat=True).distinct()
    return [(name, kind_of(Approval(kind=name)).title) for name in names]
