"""The list of runs, and two of them side by side."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_GET

from modules.models import Module, Project, Run
from modules.presentation.compared import Compared
from modules.presentation.lists import light_runs, run_rows
from modules.views.run import find
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.config import config
from xoptweb.errors import Invalid
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows

FILTERS = ("state", "module", "project", "search", "called")
LISTED = 200  # modules and projects to choose from


@require_GET
def runs(request: HttpRequest) -> HttpResponse:
    """Newest first; `state` (one, or `open`), `module`, `project` and `search` narrow the list, `called` widens it."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, "runs")
    page = page_of_rows(request, filtered(request))
    context = {
        "page": page,
        "rows": run_rows(page.rows),
        "states": [("open", "queued or running"), *Run.State.choices],
        "modules": Module.objects.exclude(versions=None).values_list("name", flat=True)[:LISTED],
        "projects": Project.objects.values_list("slug", "name")[:LISTED],
        "asked": {name: request.GET.get(name, "") for name in FILTERS},
        "narrowed": any(request.GET.get(name) for name in FILTERS if name != "called"),
        "may_run": allowed(by, "run_modules"),
        "comparable": True,
        "days": config().module_run_days,
    }
    part = request.headers.get("HX-Target") == "runs"
    return render(request, "modules/runs/list.html" if part else "modules/runs/runs.html", context)


def filtered(request: HttpRequest) -> "QuerySet[Run]":
    """The runs that the query asks for; those that other runs called only where they are asked for."""
    rows = light_runs()
    state = request.GET.get("state", "")
    if state == "open":
        rows = rows.filter(state__in=[Run.State.QUEUED, Run.State.RUNNING])
    elif state in Run.State.values:
        rows = rows.filter(state=state)
    if module := request.GET.get("module", ""):
        rows = rows.filter(version__module__name=module)
    if project := request.GET.get("project", ""):
        rows = rows.filter(project__slug=project)
    if words := request.GET.get("search", "").replace("\x00", "").strip():
        rows = rows.filter(requester__icontains=words) | rows.filter(error__icontains=words)
    return rows if request.GET.get("called") else rows.filter(parent=None)


@require_GET
def compare(request: HttpRequest) -> HttpResponse:
    """Two runs, `run=3&run=5`; the earlier one stands on the left."""
    require(actor(request), "view_machine")
    numbers = [int(text) for text in request.GET.getlist("run") if text.isdecimal() and len(text) < 12]
    if len(numbers) != 2:
        raise Invalid("Choose two runs to compare.", fields={"run": "two are needed"})
    left, right = (find(number) for number in sorted(numbers))
    return render(request, "modules/runs/compare.html", {"it": Compared(left, right)})
