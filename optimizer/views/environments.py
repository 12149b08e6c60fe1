"""Environments: what they are, and who has a say in their stages."""

from collections.abc import Iterator

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_POST

from optimizer.models import Environment, Stage
from optimizer.presentation.environment import EnvironmentPage
from optimizer.services import shipped, switching
from xoptweb.accounts.permissions import allowed, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Invalid, NotFound, Problem
from xoptweb.web.following import follow


@require_GET
def environments(request: HttpRequest) -> HttpResponse:
    """All of them, with what they can improve and which stages have a module."""
    by = actor(request)
    require(by, "view_machine")
    rows = Environment.objects.select_related("machine").prefetch_related("objectives", "stage_modules")
    return render(request, "optimizer/environments.html", {"rows": rows, "may_create": allowed(by, "run_campaigns")})


@require_GET
def environment(request: HttpRequest, slug: str) -> HttpResponse:
    return _page(request, find(slug))


@require_POST
def switch(request: HttpRequest, slug: str) -> HttpResponse:
    """Give a stage to a module, or back to the rules."""
    found = find(slug)
    stage, module = _stage(request.POST.get("stage", "")), request.POST.get("module", "")
    try:
        switching.switch(found, stage, module, by=actor(request))
    except Invalid as problem:
        return _page(request, found, problem)
    messages.success(request, f"{stage.label}: {module or 'the rules alone'}, from the next stage that begins.")
    return redirect("environment", slug)


@require_POST
def policy(request: HttpRequest, slug: str) -> HttpResponse:
    """What new campaigns do when a module fails."""
    found = find(slug)
    try:
        switching.set_policy(found, request.POST.get("after_module_failure", ""), by=actor(request))
    except Invalid as problem:
        return _page(request, found, problem)
    messages.success(request, "New campaigns follow it, unless they say otherwise.")
    return redirect("environment", slug)


@require_POST
def install(request: HttpRequest, slug: str) -> HttpResponse:
    """Have the modules that ship installed and granted what they need, or ask for it."""
    found = find(slug)
    try:
        begun = shipped.install(by=actor(request))
    except Problem as problem:
        return _page(request, found, problem)
    for said in _told(begun):
        messages.success(request, said)
    if begun == shipped.Begun():
        messages.warning(request, "Nothing was left to do that you may do. An administrator gives what is missing.")
    return redirect("environment", slug)


def _told(begun: shipped.Begun) -> Iterator[str]:
    if begun.installing:
        yield f"{begun.installing} of them are being installed; this page says when they are there."
    if begun.granted:
        yield f"{begun.granted} of them were granted what they need."
    if begun.asked:
        yield f"{begun.asked} requests wait among the approvals."


def _stage(name: str) -> Stage:
    """Raises NotFound."""
    if name not in Stage.values:
        raise NotFound("There is no such stage.")
    return Stage(name)


def find(slug: str) -> Environment:
    """Raises NotFound."""
    found = Environment.objects.select_related("machine").filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such environment.")
    return found


def _page(request: HttpRequest, found: Environment, problem: Problem | None = None) -> HttpResponse:
    by = actor(request)
    require(by, "view_machine")
    follow(request, f"environment:{found.slug}", "modules")
    context = {
        "it": EnvironmentPage(found),
        "environment": found,
        "machine": found.machine,
        "problem": problem,
        "may_switch": allowed(by, "configure"),
        "may_ask": allowed(by, "run_modules"),
        "may_install": allowed(by, "install_modules"),
        "may_grant": allowed(by, "administer"),
        "may_create": allowed(by, "run_campaigns"),
        "may_edit": allowed(by, "configure") and bool(request.user.is_staff),
    }
    return render(request, "optimizer/environment.html", context, status=problem.status if problem else 200)
