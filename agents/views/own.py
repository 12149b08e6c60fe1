"""Files and the plan of a conversation."""

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, QueryDict
from django.urls import reverse
from django.views.decorators.http import require_GET, require_http_methods

from agents.models import Conversation
from agents.services import conversations, plans, workspaces
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
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
                raise Invalid("The file is too large.", fields={"file": f"at most {workspaces.LARGEST_IN_WORDS}"})
            workspaces.write(found, workspaces.path_of(given.name or ""), given.read(), by=by)
    return _beside(number)


@require_GET
def file(request: HttpRequest, number: int, path: str) -> HttpResponse:
    """A file, always as a download: a browser is to run nothing of it."""
    row = workspaces.find(conversations.find(number, by=actor(request)), path)
    name = row.path.rpartition("/")[2]
    headers = {"Content-Disposition": f'attachment; filename="{name}"', "X-Content-Type-Options": "nosniff"}
    return HttpResponse(bytes(row.content), content_type="application/octet-stream", headers=headers)


@require_http_methods(["GET", "POST"])
def plan(request: HttpRequest, number: int) -> HttpResponse:
    """Add a task, reword it, say how it stands, close the plan, or note something."""
    if request.method == "POST":
        by = actor(request)
        _plan(conversations.find(number, by=by), request.POST, by)
    return _beside(number)


def _plan(found: Conversation, given: QueryDict, by: Actor) -> None:
    task = given.get("task", "")
    if "note" in given:
        plans.note(found, given.get("note", ""), by=by)
    elif "add" in given:
        plans.add_task(found, given.get("add", ""), by=by)
    elif not (task.isdecimal() and len(task) < 5):
        plans.set_state(found, given.get("state", ""), by=by)
    elif "text" in given:
        plans.reword(found, int(task), given.get("text", ""), by=by)
    else:
        plans.set_task(found, int(task), given.get("state", ""), by=by)


def _beside(number: int) -> HttpResponse:
    """Back to what stands beside the conversation, however long that is."""
    return HttpResponseRedirect(f"{reverse('conversation', args=[number])}#side")
