"""One attempt of one run, from the database to the database."""

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from django.db import transaction as django_transaction
from django.utils import timezone

from modules import runner
from modules.execution import pool, specs
from modules.execution.beginning import RUNS, begin, found
from modules.execution.budget import Budget
from modules.execution.calling import Caller
from modules.execution.ending import follow
from modules.execution.host import RunHost
from modules.execution.standing import standing
from modules.execution.trace import Trace, state_event
from modules.execution.upkeep import upkeep
from modules.models import Run
from modules.services.tunables import overridden
from xoptweb import hot
from xoptweb.accounts import tokens
from xoptweb.errors import Conflict, Problem
from xoptweb.live.services import publish
from xoptweb.plain import plain, storable
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.running import ended_with_this

logger = logging.getLogger(__name__)

State = Run.State
LONGEST_ERROR = 20_000


class _Local(threading.local):
    """The run that this thread has begun together with the end of the one before it."""

    ahead: Run | None = None


_local = _Local()


def attempt(run_id: int) -> None:
    """Do a queued run in this process. One that an earlier attempt left running is done anew."""
    ahead, _local.ahead = _local.ahead, None
    if ahead is not None and ahead.pk == run_id:
        perform(ahead, ends_work=True)
        return
    run = found(run_id)
    if run is None or run.ended:
        return
    if run.state == State.RUNNING:
        _take_over(run)
    try:
        with transaction("a run begins and is announced"):
            begin(run)
    except Conflict:
        return  # cancelled in this very moment
    perform(run, ends_work=True)


def _begin_ahead(run_id: int) -> None:
    """Begin the run that is due next, in the transaction that records the end of the one before it."""
    run = found(run_id)
    if run is None or run.state != State.QUEUED:
        return
    with suppress(Conflict):  # cancelled in this very moment
        begin(run)
        django_transaction.on_commit(lambda: setattr(_local, "ahead", run))


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
    follow(run)


def perform(
    run: Run,
    *,
    budget: Budget | None = None,
    cancelled: threading.Event | None = None,
    unwanted: Callable[[], bool] | None = None,
    above: tuple[str, ...] = (),
    ends_work: bool = False,
) -> Run:
    """Do a run that has begun in this process, and record how it ended.

    `unwanted` tells whether what waits for the run was cancelled; another thread asks it a few times a second. `above`
    are the modules that wait for it; with `ends_work` the work that this thread does ends with it.
    """
    cancelled, budget = cancelled or threading.Event(), budget or Budget()
    trace = Trace(run.stream)
    with upkeep.beside(run, trace, cancelled, unwanted):
        result, host = _result(run, trace, budget, cancelled, above)
    finish(run, result, host, trace, ends_work)
    return run


def _result(
    run: Run, trace: Trace, budget: Budget, cancelled: threading.Event, above: tuple[str, ...]
) -> tuple[runner.Result, RunHost | None]:
    host = None
    try:
        tokens.held_to(run.token_id)  # who is held to a token that is not valid any more gets nothing run
        now = standing(run.version, run.project)
        values = overridden(now.values, run.overrides)
        spec = specs.spec(run.version, now.code, values, now.grants, now.callable_modules)
        run.effective = {
            "tunables": values.tunables,
            "configurables": values.configurables,
            "tunable_origins": values.tunable_origins,
            "configurable_origins": values.configurable_origins,
            "digest": spec.digest,
        }
        caller = Caller(run, trace, budget, cancelled, above, perform)
        host = RunHost(run, spec, trace, budget, caller.call, cancelled)
        return pool.pool().run(spec, run.input, host, cancelled=cancelled), host
    except Problem as problem:
        trace.add("error", {"error": problem.message, "cause": "start"})
        return runner.Result(state="failed", error=problem.message, cause="start"), host


def finish(run: Run, result: runner.Result, host: RunHost | None, trace: Trace, ends_work: bool = False) -> None:
    """Record the end, with the last events. Nothing when the run was taken from this process."""
    trace.flush_all_but_last()
    now = timezone.now()
    changes: dict[str, Any] = {
        "state": result.state,
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
    with transaction("a run ends with the last events of its trace and its work, and the next one begins"):
        # work is locked before runs, as by those who give work up
        following = ended_with_this() if ends_work else None
        run.text, run.cause = result.text, result.cause
        for name, value in changes.items():
            setattr(run, name, value)
        claim = {"state": State.RUNNING, "process": run.process, "attempt": run.attempt}
        if not hot.update_where(run, claim, *changes):
            logger.error("Run %d was taken from this process before it ended.", run.pk)
            run.refresh_from_db()
            return
        trace.publish_rest()
        publish(run.stream, "state", state_event(run, error=run.error, seconds=run.seconds))
        publish(RUNS, "state", {"run": run.pk, "state": str(run.state)})
        follow(run)
        if following is not None:
            _begin_ahead(following.arguments["run"])
