"""The stage rail, and the trace of what each stage concluded."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from optimizer.models import Campaign, Iteration, Stage, StageRecord
from xoptweb.web.values import NOTHING, duration

RULES = "rules"


@dataclass(frozen=True)
class Step:
    """One of the six on the rail; `manner` is done, now, bad, skipped or nothing."""

    title: str
    manner: str
    words: str


@dataclass(frozen=True)
class Conclusion:
    """What one stage concluded in one round. `by_model`: a model said it, and the page marks that."""

    record: StageRecord
    title: str
    manner: str
    by_model: bool
    took: str
    result: dict[str, Any]


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
        return Step(title, "done", words or "done")
    return Step(title, "done" if ended else "now", words or "under way")


def trace(iterations: Iterable[Iteration]) -> list[Pass]:
    """Every conclusion of every iteration, in order; `stages` must be prefetched."""
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
        by_model=record.decided_by != RULES,
        took=took,
        result=record.result if isinstance(record.result, dict) else {"result": record.result},
    )
