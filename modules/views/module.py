"""One module: its versions and their log, running it, and its records in tabs that each have an address."""

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from modules.forms import RunForm, parsed
from modules.models import Project
from modules.presentation.lists import light_runs, run_rows
from modules.presentation.module import TABS, ModulePage
from modules.presentation.parameters import table
from modules.services import finding, projects, running
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict, Invalid, NotFound, Problem
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows

PARTS = {"head", "versions", "log", "side", "run_form"}


@require_GET
def overview(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Versions, the log of the last installation, and the form to run it; `part` renders a part alone."""
    page = opened(request, namespace, name)
    part = request.GET.get("part", "")
    if part in PARTS:
        more: dict[str, Any] = {"form": RunForm(), "problem": None, "errors": {}}
        return render(request, f"modules/parts/{part}.html", context(request, page) | more)
    return _overview(request, page, RunForm())


def _overview(request: HttpRequest, page: ModulePage, form: RunForm, problem: Problem | None = None) -> HttpResponse:
    more = {"form": form, "problem": problem, "errors": problem.fields if problem else {}}
    status = problem.status if problem else 200
    return render(request, "modules/module.html", context(request, page) | more, status=status)


@require_http_methods(["GET", "POST"])
def run(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Have it run with what was typed, or say what is wrong with that."""
    if request.method == "GET":
        return redirect("module", namespace, name)
    by = actor(request)
    require(by, "run_modules")
    form = RunForm.read(request.POST)
    try:
        project = projects.find(form.project) if form.project else None
        row = running.run(f"{namespace}/{name}", by=by, project=project, **parsed(form))
    except (Invalid, NotFound, Conflict) as problem:
        return _overview(request, opened(request, namespace, name), form, problem)
    return redirect("run", row.pk)


@require_GET
def parameters(request: HttpRequest, namespace: str, name: str, plural: str) -> HttpResponse:
    """Its tunables or configurables with the values in force, for the module or for one of its projects."""
    page = opened(request, namespace, name)
    project = project_of(request)
    if project is not None:
        follow(request, project.stream)
    more = {
        "plural": plural,
        "rows": table(plural, page.module, project),
        "project": project,
        "value_url": f"{plural}-value",
    }
    return render(request, "modules/tabs/parameters.html", context(request, page) | more)


@require_GET
def runs(request: HttpRequest, namespace: str, name: str) -> HttpResponse:
    """Its runs, newest first."""
    page = opened(request, namespace, name)
    follow(request, "runs")
    cut = page_of_rows(request, light_runs().filter(version__module=page.module))
    more = {"page": cut, "rows": run_rows(cut.rows)}
    return render(request, "modules/tabs/runs.html", context(request, page) | more)


def opened(request: HttpRequest, namespace: str, name: str) -> ModulePage:
    """The module's page for somebody who may see it. Its stream is followed from before what the page shows."""
    require(actor(request), "view_machine")
    module = finding.module(f"{namespace}/{name}")
    follow(request, module.stream)
    return ModulePage(finding.module(f"{namespace}/{name}"))


def project_of(request: HttpRequest) -> Project | None:
    """The project that the address names. Raises NotFound when there is none of that name."""
    slug = request.GET.get("project", "") or request.POST.get("project", "")
    return projects.find(slug) if slug else None


def context(request: HttpRequest, page: ModulePage) -> dict[str, Any]:
    by = actor(request)
    return {
        "it": page,
        "module": page.module,
        "tabs": TABS,
        "may_run": allowed(by, "run_modules"),
        "may_install": allowed(by, "install_modules"),
        "may_edit": allowed(by, "edit_tunables"),
        "may_administer": allowed(by, "administer"),
    }
