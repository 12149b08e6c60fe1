"""The queue of what waits for a person, one approval with all it says, and the decision."""

from collections.abc import Mapping
from typing import Any

from django.contrib import messages
from django.db.models import Case, QuerySet, Value, When
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.approvals import services
from xoptweb.approvals.models import Approval, Vote
from xoptweb.approvals.presentation import head, kind_of, known_kinds, listed, row
from xoptweb.errors import Invalid, NotFound
from xoptweb.web.following import follow
from xoptweb.web.kept import kept
from xoptweb.web.paging import page_of_rows

DONE = {
    Vote.Verdict.APPROVE: "You approved “{}”.",
    Vote.Verdict.REJECT: "You rejected “{}”.",
    Vote.Verdict.REQUEST_CHANGES: "You asked for changes to “{}”.",
}


@require_GET
def queue(request: HttpRequest) -> HttpResponse:
    """All approvals, those that wait first; `state` and `kind` narrow them."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, "approvals")
    page = page_of_rows(request, _filtered(request))
    context = {
        "page": page,
        "rows": [row(approval) for approval in page.rows],
        "states": Approval.State.choices,
        "kinds": known_kinds(),
        "state": request.GET.get("state", ""),
        "kind": request.GET.get("kind", ""),
        "may_create": allowed(by, "run_campaigns"),
    }
    part = request.headers.get("HX-Target") == "queue"
    return render(request, "approvals/parts/queue.html" if part else "approvals/queue.html", context)


def _filtered(request: HttpRequest) -> QuerySet[Approval]:
    rows = listed(Approval.objects.all())
    if (state := request.GET.get("state", "")) in Approval.State.values:
        rows = rows.filter(state=state)
    if kind := request.GET.get("kind", ""):
        rows = rows.filter(kind=kind)
    waits = Case(When(state=Approval.State.PENDING, then=Value(0)), default=Value(1))
    return rows.order_by(waits, "-created_at", "-id")


@require_GET
def detail(request: HttpRequest, approval_id: int) -> HttpResponse:
    """One approval: what it allows, why, and who said what."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, "approvals")
    approval = _find(approval_id)
    return _page(request, approval, by, typed=kept(request).dict())


@require_http_methods(["GET", "POST"])
def decide(request: HttpRequest, approval_id: int) -> HttpResponse:
    """Approve, reject or request changes, as the button says."""
    if request.method == "GET":
        return redirect("approval", approval_id)
    by = actor(request)
    verdict, reason = request.POST.get("verdict", ""), request.POST.get("reason", "")
    try:
        approval = services.decide(approval_id, verdict, reason, by=by, digest=request.POST.get("digest", ""))
    except Invalid as problem:
        return _page(request, _find(approval_id), by, typed=request.POST.dict(), problem=problem)
    messages.success(request, DONE[Vote.Verdict(verdict)].format(approval.title))
    return HttpResponseRedirect(reverse("approval", args=[approval_id]))


@require_http_methods(["GET", "POST"])
def withdraw(request: HttpRequest, approval_id: int) -> HttpResponse:
    """Take a request back."""
    if request.method == "POST":
        services.withdraw(_find(approval_id), request.POST.get("reason", "taken back"), by=actor(request))
        messages.success(request, "The request was taken back.")
    return redirect("approval", approval_id)


def _find(approval_id: int) -> Approval:
    approval = Approval.objects.select_related("requested_by").filter(pk=approval_id).first()
    if approval is None:
        raise NotFound("There is no such approval.")
    return approval


def _page(
    request: HttpRequest, approval: Approval, by: Actor, *, typed: Mapping[str, Any], problem: Invalid | None = None
) -> HttpResponse:
    kind = kind_of(approval)
    pending = approval.state == Approval.State.PENDING
    own = approval.requested_by_id == getattr(by.user, "pk", 0)
    context = {
        "approval": approval,
        "head": head(approval),
        "kind": kind,
        "votes": approval.votes.select_related("by").order_by("at"),
        "may_decide": allowed(by, "decide") and pending,
        "barred": own and not approval.requester_may_decide,
        "own": own and pending,
        "typed": typed,
        "problem": problem,
    } | kind.context(approval)
    return render(request, "approvals/detail.html", context, status=problem.status if problem else 200)
