"""Files and the plan of a conversation."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_GET, require_http_methods

from agents.services import conversations, plans, workspaces
from xoptweb.accounts.requests import actor
from xoptweb.errors import Invalid


@require_http_methods(["GET", "POST"])
def files(request: HttpRequest, number: int) -> HttpResponse:
    """Add a file, or remove one."""
    if request.method == "POST":
        by = actor(request)
        found = conversations.find(number, by=by)
        if path := request.POST.get("remove", ""):
            workspaces.remove(found, path, by=by)
        else:
            given = request.FILES.get("file")
            if given is None:
                raise Invalid("Choose a file first.", fields={"file": "is needed"})
            if given.size is None or given.size > workspaces.LARGEST:
                raise Invalid(f"The file has more than {workspaces.LARGEST} bytes.", fields={"file": "is too large"})
            workspaces.write(found, (given.name or "").replace(" ", "_"), given.read(), by=by)
    return redirect("conversation", number)


@require_GET
def file(request: HttpRequest, number: int, path: str) -> HttpResponse:
    """A file, always as a download: a browser is to run nothing of it."""
    row = workspaces.find(conversations.find(number, by=actor(request)), path)
    name = row.path.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(row.content), content_type="application/octet-stream", headers=headers)


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """Say how a task stands, close the plan, or note something."""
    if request.method == "POST":
        by = actor(request)
        found = conversations.find(number, by=by)
        task = request.POST.get("task", "")
        if note := request.POST.get("note", "").strip():
            plans.note(found, note, by=by)
        elif task.isdecimal() and len(task) < 5:
            plans.set_task(found, int(task), request.POST.get("state", ""), by=by)
        else:
            plans.set_state(found, request.POST.get("state", ""), by=by)
    return redirect("conversation", number)
