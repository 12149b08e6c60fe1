"""Running one stage: from the database to the database, once, whatever happens on the way."""

import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.db import InterfaceError, OperationalError
from django.utils import timezone

from optimizer.models import Campaign, Iteration, Stage, StageRecord
from optimizer.services.ending import end_campaign
from optimizer.services.revising import stage_event
from optimizer.stages import analysis, approval, configuration, decision, state
from optimizer.stages.by_module.asking import awaited, considered
from optimizer.stages.concluding import Conclusion, nothing
from xoptweb.actors import system
from xoptweb.errors import Problem
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)
DATABASE_AWAY = (OperationalError, InterfaceError)


@dataclass(frozen=True)
class Part:
    """One stage's rules. `always`: it also runs for a campaign that ended meanwhile, and then changes only its own
    record."""

    conclude: Callable[[Iteration, StageRecord], Conclusion]
    always: bool = False


STAGES: dict[Stage, Part] = {
    Stage.STATE: Part(state.conclude),
    Stage.DECISION: Part(decision.conclude),
    Stage.CONFIGURATION: Part(configuration.conclude),
    Stage.APPROVAL: Part(approval.conclude),
    Stage.ANALYSIS: Part(analysis.conclude, always=True),
}


def run(iteration_id: int, stage: Stage, number: int) -> None:
    """Conclude one round of a stage. Does nothing when that is done, or its campaign has ended."""
    iteration = _load(iteration_id)
    part = STAGES[stage]
    if iteration.campaign.state != Campaign.State.RUNNING and not part.always:
        return
    record = _begin(iteration, stage, number)
    if record is None or awaited(record):
        return
    try:
        conclusion = considered(iteration, record, part.conclude(iteration, record))
        if conclusion is not None:
            _close(iteration, record, conclusion)
    except DATABASE_AWAY:
        raise
    except Problem as problem:
        fail(record, problem.message)
    except Exception as error:
        log.exception("stage %s of iteration %s failed", stage, iteration_id)
        fail(record, f"{type(error).__name__}: {error}")


def gave_up(arguments: Mapping[str, Any], error: str) -> None:
    """The work could not be done however often it was tried; inside a transaction."""
    iteration = _load(int(arguments["iteration"]))
    stage, number = Stage(arguments["stage"]), int(arguments["round"])
    record = StageRecord.objects.filter(iteration=iteration, stage=stage, round=number).first()
    if record is None:
        record = StageRecord.objects.create(iteration=iteration, stage=stage, round=number)
    if record.state == StageRecord.State.RUNNING:
        last = error.strip().splitlines()[-1] if error.strip() else "no reason is known"
        fail(record, f"It was given up after several attempts: {last}")


def _load(iteration_id: int) -> Iteration:
    rows = Iteration.objects.select_related(
        "campaign__environment__machine", "campaign__objective", "campaign__requested_by", "approval"
    )
    return rows.get(pk=iteration_id)


def _begin(iteration: Iteration, stage: Stage, number: int) -> StageRecord | None:
    """The open record of this round; None when it is closed, or waits for something else to close it."""
    with transaction("a stage says that it is under way"):
        record, new = StageRecord.objects.select_related("iteration").get_or_create(
            iteration=iteration, stage=stage, round=number
        )
        if new:
            publish(f"campaign:{iteration.campaign_id}", "stage", stage_event(record))
    waits = record.result.get("waits") if isinstance(record.result, dict) else None
    return record if record.state == StageRecord.State.RUNNING and not waits else None


def _close(iteration: Iteration, record: StageRecord, conclusion: Conclusion) -> None:
    with transaction("a stage's conclusion and what follows from it are one"):
        campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=iteration.campaign_id)
        values: dict[str, Any] = {
            "summary": conclusion.summary[:200],
            "reasoning": conclusion.reasoning,
            "result": conclusion.result | ({"waits": True} if conclusion.waits else {}),
            "decided_by": conclusion.by,
        }
        if not conclusion.waits:
            values |= {"state": StageRecord.State.DONE, "ended_at": timezone.now()}
        open_rows = StageRecord.objects.filter(pk=record.pk, state=StageRecord.State.RUNNING)
        if not open_rows.update(**values):
            return
        record.refresh_from_db()
        publish(f"campaign:{campaign.pk}", "stage", stage_event(record))
        follows = conclusion.then if campaign.state == Campaign.State.RUNNING else nothing
        follows(record)


def fail(record: StageRecord, message: str) -> None:
    """The stage could not conclude: say so on its record and end the campaign, both or neither."""
    title = str(Stage(record.stage).label)
    with transaction("a failed stage ends its campaign"):
        StageRecord.objects.filter(pk=record.pk, state=StageRecord.State.RUNNING).update(
            state=StageRecord.State.FAILED, summary="failed", reasoning=message, ended_at=timezone.now()
        )
        record.refresh_from_db()
        publish(f"campaign:{record.iteration.campaign_id}", "stage", stage_event(record))
        campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=record.iteration.campaign_id)
        if campaign.state in Campaign.ACTIVE:
            end_campaign(campaign, Campaign.State.FAILED, f"{title} failed: {message}", by=system(title.lower()))
