"""One attempt of one run, from the database to the database."""

import logging
import threading
import time
from typing import Any

from django.utils import timezone

from modules import runner
from modules.execution import pool, specs
from modules.execution.budget import Budget
from modules.execution.calling import Caller
from modules.execution.host import RunHost
from modules.execution.standing import standing
from modules.execution.trace import Trace, state_event
from modules.execution.upkeep import beside
from modules.models import Run
from modules.services.tunables import overridden
from xoptweb.errors import Conflict, Problem
from xoptweb.live.services import publish
from xoptweb.plain import plain, storable
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.process import identity

logger = logging.getLogger(__name__)

State = Run.State
RUNS = "runs"
LONGEST_ERROR = 20_000


def attempt(run_id: int) -> None:
    """Do a queued run in this process. One that an earlier attempt left running is done anew."""
    run = Run.objects.select_related("version__module", "project", "requested_by", "token").filter(pk=run_id).first()
    if run is None or run.ended:
        return
    if run.state == State.RUNNING:
        _take_over(run)
    try:
        begin(run)
    except Conflict:
        return  # cancelled in this very moment
    perform(run)


def _take_over(run: Run) -> None:
    """The process of the earlier attempt died, or lost its claim: what it left below the run is lost."""
    message = f"The worker of attempt {run.attempt} died; trying again."
    with transaction("a dead attempt is told, and the run can begin anew"):
        move(run, State.QUEUED, expected=[State.RUNNING], process="")
        for child in running_below(run):
            lose(child, "The run that called it was lost.")
        publish(run.stream, "state", state_event(run, message=message))


def running_below(run: Run) -> list[Run]:
    """Running runs that the run called, at any depth, the deepest first."""
    found: list[Run] = []
    level = list(run.children.filter(state=State.RUNNING))
    while level:
        found = level + found
        level = list(Run.objects.filter(parent__in=level, state=State.RUNNING))
    return found


def lose(run: Run, message: str) -> None:
    """The run will not end by itself any more. Inside a transaction."""
    move(run, State.LOST, error=message, ended_at=timezone.now())
    publish(run.stream, "state", state_event(run, error=message))
    publish(RUNS, "state", {"run": run.pk, "state": str(State.LOST)})


def begin(run: Run) -> None:
    """Queued → running, by this process. Raises Conflict when it is not queued any more."""
    now = timezone.now()
    with transaction("a run begins and is announced"):
        move(
            run,
            State.RUNNING,
            expected=[State.QUEUED],
            process=identity(),
            attempt=run.attempt + 1,
            started_at=now,
            renewed_at=now,
        )
        publish(run.stream, "state", state_event(run))
        publish(RUNS, "state", {"run": run.pk, "state": str(State.RUNNING)})


def perform(
    run: Run,
    *,
    budget: Budget | None = None,
    cancelled: threading.Event | None = None,
    above: tuple[str, ...] = (),
) -> Run:
    """Do a run that has begun in this process, and record how it ended. `above` are the modules that wait for it."""
    cancelled, budget = cancelled or threading.Event(), budget or Budget()
    trace = Trace(run.stream)
    with beside(run, trace, cancelled):
        result, host = _result(run, trace, budget, cancelled, above)
    finish(run, result, host, trace)
    return run


def _result(
    run: Run, trace: Trace, budget: Budget, cancelled: threading.Event, above: tuple[str, ...]
) -> tuple[runner.Result, RunHost | None]:
    host = None
    try:
        now = standing(run.version, run.project)
        values = overridden(now.values, run.overrides)
        spec = specs.spec(run.version, values, now.grants, run.project)
        run.effective = {
            "tunables": values.tunables,
            "configurables": values.configurables,
            "tunable_origins": values.tunable_origins,
            "configurable_origins": values.configurable_origins,
            "digest": spec.digest,
        }
        caller = Caller(run, trace, budget, cancelled, above, perform)
        host = RunHost(run, spec.name, spec.grants, trace, budget, caller.call)
        return pool.pool().run(spec, run.input, host, cancelled=cancelled), host
    except Problem as problem:
        trace.add("error", {"error": problem.message, "cause": "start"})
        return runner.Result(state="failed", error=problem.message, cause="start"), host


def finish(run: Run, result: runner.Result, host: RunHost | None, trace: Trace) -> None:
    """Record the end, with the last events. Nothing when the run was taken from this process."""
    trace.flush_all_but_last()
    now = timezone.now()
    changes: dict[str, Any] = {
        "output": plain(result.output),
        "error": storable(result.error[:LONGEST_ERROR]),
        "traceback": storable(result.traceback[-LONGEST_ERROR:]),
        "effective": run.effective,
        "seconds": round(time.monotonic() - trace.began, 6),
        "peak_memory_mb": result.peak_memory_mb,
        "ended_at": now,
    }
    if host is not None:
        changes |= {
            "tokens_in": host.spent.tokens_in,
            "tokens_out": host.spent.tokens_out,
            "cost": host.spent.cost,
            "progress": host.fraction,
            "progress_text": host.text,
        }
    with transaction("a run ends with the last events of its trace"):
        mine = Run.objects.filter(pk=run.pk, state=State.RUNNING, process=run.process, attempt=run.attempt)
        if not mine.update(state=result.state, **changes):
            logger.error("Run %d was taken from this process before it ended.", run.pk)
            return
        run.state, run.text, run.cause = result.state, result.text, result.cause
        for name, value in changes.items():
            setattr(run, name, value)
        trace.publish_rest()
        publish(run.stream, "state", state_event(run, error=run.error, seconds=run.seconds))
        publish(RUNS, "state", {"run": run.pk, "state": str(run.state)})
