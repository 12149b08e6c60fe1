"""The list of campaigns: filtered, searched, in pages."""

from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from optimizer.models import Campaign, Environment
from optimizer.presentation.lists import list_rows
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows


@require_GET
def campaigns(request: HttpRequest) -> HttpResponse:
    """Newest first; `state` (a state, or `active`), `environment` and `search` narrow the list."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, "campaigns")
    page = page_of_rows(request, filtered(request))
    context = {
        "page": page,
        "rows": list_rows(page.rows),
        "may_create": allowed(by, "run_campaigns"),
        "states": [("active", "active"), *Campaign.State.choices],
        "environments": Environment.objects.values_list("slug", "name"),
        "asked": {name: request.GET.get(name, "") for name in ("state", "environment", "search")},
        "narrowed": any(request.GET.get(name) for name in ("state", "environment", "search")),
    }
    part = request.headers.get("HX-Target") == "campaigns"
    return render(request, "optimizer/parts/campaigns.html" if part else "optimizer/campaigns.html", context)


def filtered(request: HttpRequest) -> QuerySet[Campaign]:
    """The campaigns that the query asks for."""
    rows = Campaign.objects.select_related("environment", "objective", "requested_by", "token").order_by("-id")
    state = request.GET.get("state", "")
    if state == "active":
        rows = rows.filter(state__in=Campaign.ACTIVE)
    elif state in Campaign.State.values:
        rows = rows.filter(state=state)
    if environment := request.GET.get("environment", ""):
        rows = rows.filter(environment__slug=environment)
    if words := request.GET.get("search", "").replace("\x00", "").strip():
        rows = rows.filter(Q(sentence__icontains=words) | Q(requested_by__username__icontains=words))
    return rows
