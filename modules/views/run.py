"""One run: how it goes, what it was given and gave, and its trace as a waterfall that grows."""

from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_GET, require_http_methods

from agents.presentation.gallery import cards
from agents.services import artifacts
from modules.models import Run
from modules.presentation.event import detail
from modules.presentation.run import RunPage
from modules.presentation.waterfall import Waterfall
from modules.services import running, traces
from xoptweb.accounts.permissions import allowed, person, require
from xoptweb.accounts.requests import actor
from xoptweb.errors import NotFound
from xoptweb.live.models import Event
from xoptweb.web.following import follow

KEPT_SHOWN = 12
PARTS = {"head", "answer", "side", "trace"}


@require_GET
def run(request: HttpRequest, run_id: int) -> HttpResponse:
    """`page` is a page of the trace, or `latest`; `part` renders a part alone."""
    by = actor(request)
    require(by, "view_machine")
    follow(request, f"run:{run_id}")
    part = request.GET.get("part", "")
    row = find(run_id)
    context: dict[str, Any] = {"it": RunPage(row), "run": row, "may_run": allowed(by, "run_modules")}
    if part in {"", "side"}:
        context["kept"] = cards(artifacts.found(by=by, source=row.stream)[:KEPT_SHOWN], person(by))
    if part in PARTS - {"trace"}:
        return render(request, f"modules/runs/{part}.html", context)
    context |= _trace(request, row)
    return render(request, "modules/runs/trace.html" if part == "trace" else "modules/runs/run.html", context)


def _trace(request: HttpRequest, row: Run) -> dict[str, Any]:
    """The runs it called that go on are followed too: their numbers are read before their events are."""
    asked = request.GET.get("page", "")
    trace = Waterfall(row, asked)
    if not (below := [one.stream for one in trace.followed]):
        return {"trace": trace, "below": []}
    known = follow(request, *below)
    return {"trace": Waterfall(row, asked), "below": [each for each in known if each.name in below]}


@require_GET
def event(request: HttpRequest, run_id: int, number: int) -> HttpResponse:
    """One event in full; `end` is the number of the event that ended what it began."""
    require(actor(request), "view_machine")
    row = find(run_id)
    end = request.GET.get("end", "")
    begin = _event(row, number)
    ending = _event(row, int(end)) if end.isdecimal() and len(end) < 12 else None
    context = {"run": row, "event": begin, "detail": detail(begin, ending)}
    part = bool(request.headers.get("HX-Request"))
    return render(request, "modules/runs/event_detail.html" if part else "modules/runs/event.html", context)


def _event(row: Run, number: int) -> Event:
    found = Event.objects.filter(stream=row.stream, number=number).first() if number < 2**62 else None
    if found is None:
        raise NotFound("This run has no such event.")
    return found


@require_GET
def trace_json(request: HttpRequest, run_id: int) -> HttpResponse:
    """The trace in the form of the original command line."""
    require(actor(request), "view_machine")
    response = JsonResponse(traces.export(find(run_id)), json_dumps_params={"indent": 2, "ensure_ascii": False})
    response.headers["Content-Disposition"] = f'attachment; filename="run-{run_id}-trace.json"'
    return response


@require_http_methods(["GET", "POST"])
def cancel(request: HttpRequest, run_id: int) -> HttpResponse:
    """End it, by POST."""
    if request.method == "POST":
        row = running.cancel(find(run_id), by=actor(request))
        messages.success(request, "It is cancelled." if row.ended else "It is being cancelled.")
    return redirect("run", run_id)


@require_http_methods(["GET", "POST"])
def again(request: HttpRequest, run_id: int) -> HttpResponse:
    """A new run of the same, by POST."""
    if request.method == "GET":
        return redirect("run", run_id)
    return redirect("run", running.again(find(run_id), by=actor(request)).pk)


def find(run_id: int) -> Run:
    """Raises NotFound."""
    rows = Run.objects.select_related("version__module", "project", "parent__version__module", "token")
    found = rows.filter(pk=run_id).first() if run_id < 2**62 else None
    if found is None:
        raise NotFound("There is no such run.")
    return found
