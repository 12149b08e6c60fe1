"""The list of modules, and uploading a package."""

from typing import Any

from django.contrib import messages
from django.db.models import Q, QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from modules.models import Module
from modules.presentation.isolation import in_force
from modules.presentation.lists import module_rows
from modules.services import installing
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict, Invalid, Problem
from xoptweb.web.following import follow
from xoptweb.web.paging import page_of_rows


@require_GET
def modules(request: HttpRequest) -> HttpResponse:
    """By name; `search` narrows the list."""
    return _page(request)


@require_http_methods(["GET", "POST"])
def upload(request: HttpRequest) -> HttpResponse:
    """Take a package and have it installed, or ask those who may decide that."""
    if request.method == "GET":
        return redirect("modules")
    by = actor(request)
    require(by, "run_modules")
    given = request.FILES.get("file")
    if given is None or given.file is None:
        return _page(request, Invalid("Choose a package: a file that ends in .xopt.", fields={"file": "is needed"}))
    try:
        version, approval = installing.install(given.file, by=by)
    except (Invalid, Conflict) as problem:
        return _page(request, problem, name=str(given.name))
    if approval is not None:
        messages.success(request, f"{version} is uploaded. It is installed when somebody has approved that.")
    else:
        messages.success(request, f"{version} is uploaded and is being installed.")
    return redirect("module", version.module.namespace, version.module.short_name)


def _page(request: HttpRequest, problem: Problem | None = None, name: str = "") -> HttpResponse:
    by = actor(request)
    require(by, "view_machine")
    follow(request, "modules")
    page = page_of_rows(request, filtered(request))
    context: dict[str, Any] = {
        "page": page,
        "rows": module_rows(page.rows),
        "search": request.GET.get("search", ""),
        "isolation": in_force(),
        "may_upload": allowed(by, "run_modules"),
        "may_install": allowed(by, "install_modules"),
        "problem": problem,
        "refused": name,
    }
    part = request.headers.get("HX-Target") == "modules"
    template = "modules/parts/modules.html" if part else "modules/modules.html"
    return render(request, template, context, status=problem.status if problem else 200)


def filtered(request: HttpRequest) -> "QuerySet[Module]":
    """The modules that the query asks for."""
    rows = Module.objects.select_related("current").defer("current__manifest", "current__description")
    for word in request.GET.get("search", "").replace("\x00", "").split():
        rows = rows.filter(Q(name__icontains=word) | Q(description__icontains=word))
    return rows
