"""The stage rail, and the trace of what each stage concluded."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from modules.presentation.words import money
from optimizer.models import Campaign, Iteration, Stage, StageRecord, StageRun
from optimizer.services.revising import WAITING
from optimizer.stages.concluding import RULES
from xoptweb.web.values import NOTHING, duration

MANNERS = {
    StageRun.State.RUNNING: "busy",
    StageRun.State.ACCEPTED: "good",
    StageRun.State.REFUSED: "warn",
    StageRun.State.FAILED: "bad",
}


@dataclass(frozen=True)
class Step:
    """One of the six on the rail; `manner` is done, now, bad, skipped or nothing, with warn where a module failed.

    `module` is the one that concluded it."""

    title: str
    manner: str
    words: str
    module: str = ""


@dataclass(frozen=True)
class Asked:
    """One run of a module for a stage. `run` is 0 where its record is gone, or there was none."""

    row: StageRun
    manner: str
    words: str
    used: str
    run: int


@dataclass(frozen=True)
class Conclusion:
    """What one stage concluded in one round. `by_model`: a model said it, and the page marks that."""

    record: StageRecord
    title: str
    manner: str
    by_model: bool
    took: str
    result: dict[str, Any]
    asked: list[Asked]


@dataclass(frozen=True)
class Pass:
    """One iteration of the trace."""

    iteration: Iteration
    conclusions: list[Conclusion]


def rail(campaign: Campaign, iteration: Iteration | None, records: Iterable[StageRecord], execution: str) -> list[Step]:
    """The steps of one iteration; `execution` tells how far it is, in words, when it has begun."""
    last: dict[str, StageRecord] = {}
    for record in sorted(records, key=lambda one: one.pk):
        last[record.stage] = record
    ended = campaign.state in Campaign.FINAL or (iteration is not None and iteration.ended_at is not None)
    return [_step(Stage(stage), last.get(stage), ended, execution) for stage in Stage.values]


def _step(stage: Stage, record: StageRecord | None, ended: bool, execution: str) -> Step:
    title = str(stage.label)
    if record is None:
        return Step(title, "skipped" if ended else "", "not reached" if ended else NOTHING)
    words = execution if stage == Stage.EXECUTION and execution else record.summary
    if record.state == StageRecord.State.FAILED:
        return Step(title, "bad", words or "failed")
    if record.state == StageRecord.State.DONE:
        manner = "done warn" if "module_failed" in record.result else "done"
        return Step(title, manner, words or "done", record.decided_by if _by_module(record) else "")
    return Step(title, "done" if ended else "now", words or "under way")


def trace(iterations: Iterable[Iteration]) -> list[Pass]:
    """Every conclusion of every iteration, in order; `stages__runs` must be prefetched."""
    return [Pass(iteration, [_conclusion(record) for record in iteration.stages.all()]) for iteration in iterations]


def _conclusion(record: StageRecord) -> Conclusion:
    manner = {StageRecord.State.FAILED: "bad", StageRecord.State.DONE: "good"}.get(
        StageRecord.State(record.state), "busy"
    )
    took = duration((record.ended_at - record.started_at).total_seconds()) if record.ended_at else ""
    return Conclusion(
        record=record,
        title=str(Stage(record.stage).label),
        manner=manner,
        by_model=_by_module(record),
        took=took,
        result=record.result if isinstance(record.result, dict) else {"result": record.result},
        asked=[_asked(row) for row in record.runs.all()],
    )


def _by_module(record: StageRecord) -> bool:
    return record.decided_by not in {RULES, WAITING}


def _asked(row: StageRun) -> Asked:
    state = StageRun.State(row.state)
    used = [f"{row.tokens_in} → {row.tokens_out} tokens"] if row.tokens_in or row.tokens_out else []
    used += [money(row.cost)] if row.cost is not None else []
    used += [duration(row.seconds)] if row.seconds is not None else []
    return Asked(row, MANNERS[state], str(state.label).lower(), " · ".join(used), row.run_id or 0)
