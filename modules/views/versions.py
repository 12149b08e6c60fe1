"""Installing a version again, making it the current one, and uninstalling it."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_http_methods

from modules.models import ModuleVersion
from modules.services import installing
from modules.views.module import context, opened
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict, NotFound


@require_http_methods(["GET", "POST"])
def uninstall(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """A page that says what will happen, or why it can't; a POST does it."""
    by = actor(request)
    require(by, "install_modules")
    page = opened(request, namespace, name)
    version = find(namespace, name, number)
    problem: Conflict | None = None
    if request.method == "POST":
        try:
            installing.uninstall(ModuleVersion.objects.filter(pk=version.pk), by=by)
        except Conflict as refusal:
            problem = refusal
        else:
            messages.success(request, f"{version} is uninstalled.")
            return redirect("module", namespace, name)
    others = [row.version for row in page.versions if row.version.pk != version.pk and row.version in page.runnable]
    more = {
        "version": version,
        "obstacle": problem.message if problem else installing.obstacle(version, leaving=[version]),
        "is_current": version.pk == page.module.current_id,
        "next": installing.newest(others),
        "runs": version.runs.count(),
    }
    status = problem.status if problem else 200
    return render(request, "modules/uninstall.html", context(request, page) | more, status=status)


@require_http_methods(["GET", "POST"])
def reinstall(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """Install the kept package again, by POST."""
    if request.method == "POST":
        version = find(namespace, name, number)
        installing.reinstall(version, by=actor(request))
        messages.success(request, f"{version} is being installed.")
    return redirect("module", namespace, name)


@require_http_methods(["GET", "POST"])
def set_current(request: HttpRequest, namespace: str, name: str, number: str) -> HttpResponse:
    """Make it the version that runs when none is asked for, by POST."""
    if request.method == "POST":
        version = find(namespace, name, number)
        installing.set_current(version, by=actor(request))
        messages.success(request, f"{version} runs from now on when no version is asked for.")
    return redirect("module", namespace, name)


def find(namespace: str, name: str, number: str) -> ModuleVersion:
    """Raises NotFound."""
    rows = ModuleVersion.objects.select_related("module__current")
    version = rows.filter(module__name=f"{namespace}/{name}", version=number).first()
    if version is None:
        raise NotFound("There is no such version.")
    return version
