"""The overview, the parts of the shell that update alone, and the health of the web process."""

from django.contrib.auth.decorators import login_not_required
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from controls.models import Machine
from controls.standing import standing
from optimizer.models import Campaign, Environment
from optimizer.presentation.lists import list_rows
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.presentation import listed, row
from xoptweb.web.following import follow

LAST_CAMPAIGNS = 8


@require_GET
def overview(request: HttpRequest) -> HttpResponse:
    """What runs, what waits for a person, how the machines stand, what ran last."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, "campaigns", "approvals")
    context = {
        "running": _campaigns(active=True),
        "waiting": _waiting(),
        "standings": [standing(machine) for machine in Machine.objects.select_related("armed_by")],
        "last": _campaigns(active=False),
        "may_create": allowed(by, "run_campaigns"),
        "environments": Environment.objects.exists(),
    }
    part = request.GET.get("part") == "now"
    return render(request, "pages/parts/overview.html" if part else "pages/overview.html", context)


def _campaigns(*, active: bool) -> list[object]:
    rows = Campaign.objects.select_related("environment", "objective", "requested_by").order_by("-id")
    states = Campaign.ACTIVE if active else Campaign.FINAL
    return list(list_rows(list(rows.filter(state__in=states)[:LAST_CAMPAIGNS])))


def _waiting() -> list[object]:
    pending = listed(Approval.objects.filter(state=Approval.State.PENDING))
    return [row(approval) for approval in pending[:LAST_CAMPAIGNS]]


@require_GET
def part_machines(request: HttpRequest) -> HttpResponse:
    """The machines' pills in the bar."""
    require(actor(request), "view_machine")
    return render(request, "parts/top.html")


@require_GET
def part_rail(request: HttpRequest) -> HttpResponse:
    """The rail with its counts."""
    require(actor(request), "view_machine")
    return render(request, "parts/rail.html")


@login_not_required
@require_GET
def health(request: HttpRequest) -> JsonResponse:
    """Whether this process can answer: 200 when the database answers too. Says nothing else."""
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        return JsonResponse({"status": "database"}, status=503)
    return JsonResponse({"status": "ok"})
