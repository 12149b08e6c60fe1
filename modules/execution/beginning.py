"""How a run begins in this process: what its row says then, and who hears of it."""

from typing import Any

from django.utils import timezone

from modules.execution.trace import state_event
from modules.models import Run
from modules.services import recalling
from xoptweb import hot
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.work.process import identity

State = Run.State
RUNS = "runs"


def found(run_id: int) -> Run | None:
    """The run, with its version."""
    run = Run.objects.filter(pk=run_id).first()
    if run is not None and (version := recalling.version(run.version_id)) is not None:
        run.version = version
    return run


def begin(run: Run) -> None:
    """Queued → running, by this process. Inside a transaction. Raises Conflict when it is not queued any more."""
    changes = {"state": State.RUNNING, **at_once(run.attempt + 1)}
    for name, value in changes.items():
        setattr(run, name, value)
    if not hot.update_where(run, {"state": State.QUEUED}, *changes):
        raise Conflict(f"Run {run.pk} is not queued any more.", code="wrong_state")
    announce(run)


def at_once(attempt: int = 1) -> dict[str, Any]:
    """What a run's row says from the moment when this process begins it."""
    now = timezone.now()
    return {"process": identity(), "attempt": attempt, "started_at": now, "renewed_at": now}


def announce(run: Run) -> None:
    """Tell of the state that it has now. Inside a transaction."""
    publish(run.stream, "state", state_event(run))
    publish(RUNS, "state", {"run": run.pk, "state": str(run.state)})
