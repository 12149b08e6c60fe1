"""Having a project synced."""

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from modules.services import projects, syncing
from xoptweb.accounts.requests import actor


@require_http_methods(["GET", "POST"])
def sync(request: HttpRequest, slug: str) -> HttpResponse:
    """Resolve, install what is missing, lock, by POST; `upgrade` takes the newest, whatever is locked."""
    if request.method == "POST":
        upgrade = bool(request.POST.get("upgrade"))
        syncing.request(projects.find(slug), by=actor(request), upgrade=upgrade)
        messages.success(request, "The sync is under way; its log is below.")
    return redirect("project", slug)
