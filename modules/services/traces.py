"""Reading a run's trace, and giving it out in the form of the original command line."""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any

from modules.models import Run
from xoptweb.live.models import Event
from xoptweb.live.services import events_after

PAGE = 1000
PARTS = {
    "step": "steps",
    "step_result": "steps",
    "error": "steps",
    "llm_call": "llm_calls",
    "llm_result": "llm_calls",
    "module_call": "module_calls",
    "module_result": "module_calls",
}
OURS = frozenset({"t", "run", "state"})


def events(run: Run) -> Iterator[Event]:
    """Every event of its last attempt, in order, a page at a time."""
    after = last_beginning(run) - 1
    while rows := events_after(run.stream, after, PAGE):
        yield from rows
        after = rows[-1].number


def last_beginning(run: Run) -> int:
    """The number of the event with which the last attempt began."""
    began = Event.objects.filter(stream=run.stream, kind="state", payload__state=str(Run.State.RUNNING))
    return began.order_by("-number").values_list("number", flat=True).first() or 1


def export(run: Run) -> dict[str, Any]:
    """The trace as the original wrote it: steps, model calls, module calls; those of called modules stand in theirs."""
    began = run.started_at or run.created_at
    found: dict[str, list[dict[str, Any]]] = {"steps": [], "llm_calls": [], "module_calls": []}
    for event in events(run):
        if (part := PARTS.get(event.kind)) is not None:
            found[part].append(_entry(began, event.payload.get("t", 0.0), part.removesuffix("s"), _data(event)))
    return {
        "trace_id": f"run-{run.pk}",
        "module_name": run.version.module.name,
        "start_time": began.isoformat(),
        "end_time": run.ended_at.isoformat() if run.ended_at else None,
        **found,
    }


def _entry(began: datetime, t: float, kind: str, data: Mapping[str, Any]) -> dict[str, Any]:
    return {"timestamp": (began + timedelta(seconds=t)).isoformat(), "type": kind, "data": dict(data)}


def _data(event: Event) -> dict[str, Any]:
    """The event's content in the original's words."""
    content = {key: value for key, value in event.payload.items() if key not in OURS}
    return {"step_name": "error"} | content if event.kind == "error" else content
