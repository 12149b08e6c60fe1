"""Runs over the API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from modules.models import Run
from modules.services import comparing, projects, running, traces
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.errors import NotFound
from xoptweb.live.events import as_dict
from xoptweb.live.services import events_after, last_number
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["runs"])


class RunIn(Schema):
    module: str = Field(max_length=200, examples=["demo/calculator"])
    input: Any = Field(None, examples=["1 + 2 * 3"])
    version: str | None = Field(None, max_length=80)
    project: str | None = Field(None, description="Slug: its lock and its values hold.")
    tunables: dict[str, Any] = Field({}, description="For this run only.")
    configurables: dict[str, Any] = {}


class RunOut(Schema):
    id: int
    module: str
    version: str
    project: str | None
    parent: int | None
    state: str = Field(examples=["succeeded"])
    error: str
    seconds: float | None
    progress: float | None
    tokens_in: int
    tokens_out: int
    cost: float | None
    requested_by: str
    created_at: datetime
    started_at: datetime | None
    ended_at: datetime | None

    @staticmethod
    def resolve_module(run: Run) -> str:
        return run.version.module.name

    @staticmethod
    def resolve_version(run: Run) -> str:
        return run.version.version

    @staticmethod
    def resolve_project(run: Run) -> str | None:
        return run.project.slug if run.project else None

    @staticmethod
    def resolve_parent(run: Any) -> int | None:
        return run.parent_id  # type: ignore[no-any-return]

    @staticmethod
    def resolve_requested_by(run: Run) -> str:
        return run.requester


class RunDetail(RunOut):
    input: Any
    output: Any
    traceback: str
    overrides: dict[str, Any]
    effective: dict[str, Any] = Field(description="The values it ran with, and where each came from.")
    attempt: int
    peak_memory_mb: float | None
    children: list[int]

    @staticmethod
    def resolve_children(run: Run) -> list[int]:
        return list(run.children.order_by("pk").values_list("pk", flat=True))


class EventsOut(Schema):
    last: int = Field(description="Number of the stream's last event.")
    events: list[dict[str, Any]]


class After(Schema):
    after: int = Field(0, ge=0)
    limit: int = Field(500, ge=1, le=2000)


class RowOut(Schema):
    name: str
    left: Any
    right: Any
    same: bool


class ComparisonOut(Schema):
    facts: list[RowOut]
    tunables: list[RowOut]
    configurables: list[RowOut]
    steps: list[RowOut]
    parted_at: int | None = Field(description="Number of the first step that differs.")
    cut: bool


@router.get("", response={200: Listed[RunOut], **REFUSALS}, summary="Runs, newest first")
def listed(
    request: HttpRequest, page: Query[Cut], state: str = "", module: str = "", project: str = "", top: bool = False
) -> Any:
    """`top` leaves out runs that other runs called."""
    require(actor(request), "view_machine")
    rows = Run.objects.select_related("version__module", "project").defer("input", "output", "effective", "traceback")
    wanted = {"state": state, "version__module__name": module, "project__slug": project}
    rows = rows.filter(**{name: value for name, value in wanted.items() if value})
    total, items = cut(rows.filter(parent=None) if top else rows, page)
    return {"total": total, "items": items}


@router.post("", response={201: RunDetail, **REFUSALS}, summary="Run a module", openapi_extra=ONCE)
def create(request: HttpRequest, payload: RunIn) -> Any:
    """It is queued; its stream, or asking again, tells how it goes."""
    run = running.run(
        payload.module,
        payload.input,
        by=actor(request),
        version=payload.version,
        project=projects.find(payload.project) if payload.project else None,
        tunables=payload.tunables,
        configurables=payload.configurables,
    )
    return Status(201, run)


@router.get("/{run_id}", response={200: RunDetail, **REFUSALS}, summary="One run")
def detail(request: HttpRequest, run_id: int) -> Any:
    require(actor(request), "view_machine")
    return find(run_id)


@router.get("/{run_id}/events", response={200: EventsOut, **REFUSALS}, summary="Events of its trace, in order")
def events(request: HttpRequest, run_id: int, page: Query[After]) -> Any:
    """`after` leaves out those up to that number, to follow a run by asking again."""
    require(actor(request), "view_machine")
    run = find(run_id)
    rows = events_after(run.stream, page.after, page.limit)
    return {"last": last_number(run.stream), "events": [as_dict(row) for row in rows]}


@router.get("/{run_id}/trace", response={200: dict[str, Any], **REFUSALS}, summary="Its trace as one document")
def trace(request: HttpRequest, run_id: int) -> Any:
    """In the form of the original `xopt` command line."""
    require(actor(request), "view_machine")
    return traces.export(find(run_id))


@router.get("/{run_id}/compare/{other_id}", response={200: ComparisonOut, **REFUSALS}, summary="Two runs side by side")
def compare(request: HttpRequest, run_id: int, other_id: int) -> Any:
    require(actor(request), "view_machine")
    return comparing.compare(find(run_id), find(other_id))


@router.post("/{run_id}/cancel", response={200: RunDetail, **REFUSALS}, summary="Cancel", openapi_extra=ONCE)
def cancel(request: HttpRequest, run_id: int) -> Any:
    """At once when it waits, else within about half a second."""
    return running.cancel(find(run_id), by=actor(request))


def find(run_id: int) -> Run:
    """Raises NotFound."""
    found = Run.objects.select_related("version__module", "project").filter(pk=run_id).first()
    if found is None:
        raise NotFound("There is no such run.")
    return found
