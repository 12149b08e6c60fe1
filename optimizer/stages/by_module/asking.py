"""Having a module say something in a stage: asked in a run of its own, while no worker waits.

The run's end makes the stage due again. What came of it is stored before anything follows from it, so that a worker
that dies in between changes nothing.
"""

from dataclasses import replace
from typing import Any

from django.utils import timezone

from modules.models import Run
from optimizer.execution.states import announce
from optimizer.models import AfterModuleFailure, Campaign, Iteration, Stage, StageModule, StageRecord, StageRun
from optimizer.services.revising import stage_event
from optimizer.stages.by_module.question import Answered, Question, Refused
from optimizer.stages.by_module.reading import channels_read
from optimizer.stages.by_module.using import used
from optimizer.stages.concluding import Conclusion
from optimizer.stages.due import TASK
from xoptweb.accounts import tokens
from xoptweb.errors import Conflict, NotAllowed, Problem
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

State = StageRun.State
LONGEST_PROBLEM = 2000


def awaited(record: StageRecord) -> bool:
    """Whether a module's run is under way: its end makes the stage due again."""
    last = _last(record)
    return last is not None and _under_way(last)


def _under_way(row: StageRun) -> bool:
    return row.state == State.RUNNING and row.run is not None and not row.run.ended


def considered(iteration: Iteration, record: StageRecord, rules: Conclusion) -> Conclusion | None:
    """What the stage concludes with its module's say, where it has one; None while the module is asked.

    Raises:
        Conflict: the module failed, and the campaign's policy is to end then.
    """
    last, question = _last(record), rules.question
    if last is None:
        name = chosen(iteration, record.stage) if question is not None else ""
        return _ask(iteration, record, rules, question, name) if question is not None and name else rules
    if _under_way(last):
        return None  # a worker that was taken for dead has asked again meanwhile
    if last.state in {State.RUNNING, State.ACCEPTED}:
        conclusion = _judged(last, question)
        if conclusion is not None:
            return replace(conclusion, by=last.module)
    if question is None:
        return rules  # by now they decide alone
    if last.state == State.REFUSED and last.attempt < question.attempts:
        return _ask(iteration, record, rules, question, last.module.partition("@")[0])
    return _without(iteration.campaign, rules, last)


def chosen(iteration: Iteration, stage: str) -> str:
    """Name of the environment's module for the stage; empty: the rules alone."""
    rows = StageModule.objects.filter(environment=iteration.campaign.environment_id, stage=stage)
    return rows.values_list("module", flat=True).first() or ""


def _last(record: StageRecord) -> StageRun | None:
    return record.runs.select_related("run").order_by("-attempt").first()


def _ask(
    iteration: Iteration, record: StageRecord, rules: Conclusion, question: Question, module: str
) -> Conclusion | None:
    """Begin a run, unless nobody wants it any more; where none can begin, that is the failure of the module."""
    earlier = list(record.runs.order_by("attempt"))
    given = question.given() | {"stage": str(record.stage), "refused": [_refusal(row) for row in earlier]}
    with transaction("a stage asks its module, and the run's end makes the stage due"):
        campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=iteration.campaign_id)
        if campaign.state != Campaign.State.RUNNING or record.runs.count() != len(earlier):
            return None  # it ended, or a worker that was taken for dead has asked already
        row = StageRun(record=record, attempt=len(earlier) + 1, module=module)
        try:
            run = _begun(iteration, record, module, given)
        except Problem as problem:
            row.state, row.problem, row.ended_at = State.FAILED, problem.message, timezone.now()
        else:
            row.run, row.number, row.module, row.digest = run, run.pk, str(run.version), run.version.digest
        row.save()
        _say(campaign, record, row)
    return _without(campaign, rules, row) if row.state == State.FAILED else None


def _begun(iteration: Iteration, record: StageRecord, module: str, given: dict[str, Any]) -> Run:
    """Raises a Problem when the module can't be run."""
    from modules.services.running import FollowUp, run_as_part  # large, and only needed where a module has its say

    campaign = iteration.campaign
    arguments = {"iteration": iteration.pk, "stage": str(record.stage), "round": record.round}
    return run_as_part(
        module,
        given,
        served=campaign.requested_by,
        token=tokens.held_to(campaign.token_id),
        correlation=f"campaign:{campaign.pk}",
        follow_up=FollowUp(TASK, arguments),
    )


def _say(campaign: Campaign, record: StageRecord, row: StageRun) -> None:
    """The rail and the head of the page tell whom the stage asks."""
    asks = f"asking {row.module}" + (f", attempt {row.attempt}" if row.attempt > 1 else "")
    StageRecord.objects.filter(pk=record.pk).update(summary=asks[:200])
    record.summary = asks[:200]
    publish(f"campaign:{campaign.pk}", "stage", stage_event(record))
    if row.state == State.RUNNING:
        announce(campaign, Campaign.State.RUNNING, f"{Stage(record.stage).label}: {asks}.")


def _refusal(row: StageRun) -> dict[str, Any]:
    return {"answer": row.answer, "why": row.problem}


def _judged(row: StageRun, question: Question | None) -> Conclusion | None:
    """The conclusion from the run's answer; None when it does not count. Which of them it is, is stored."""
    run = row.run
    values: dict[str, Any] = {"ended_at": timezone.now(), **used(run)}
    conclusion = None
    try:
        conclusion = _accepted(row, run, question)
    except Refused as refused:
        values |= {"state": State.REFUSED, "problem": refused.message[:LONGEST_PROBLEM]}
    except (_Failed, NotAllowed) as failed:
        values |= {"state": State.FAILED, "problem": failed.message[:LONGEST_PROBLEM]}
    else:
        values |= {"state": State.ACCEPTED, "problem": ""}
    with transaction("what became of a module's answer is known before anything follows from it"):
        StageRun.objects.filter(pk=row.pk).update(**values)
    for name, value in values.items():
        setattr(row, name, value)
    return conclusion


class _Failed(Problem):
    """There is no answer."""


def _accepted(row: StageRun, run: Run | None, question: Question | None) -> Conclusion:
    """Raises Refused, or _Failed or NotAllowed where there is no answer that may count."""
    if run is None:
        raise _Failed("The record of its run is gone.")
    if run.state == Run.State.CANCELLED:
        raise _Failed("Its run was cancelled.")
    if run.state != Run.State.SUCCEEDED:
        raise _Failed(run.error or f"Its run has {run.state}.")
    tokens.held_to(run.token_id)
    if question is None:
        raise Refused("Its answer came too late: the rules have decided otherwise meanwhile.")
    return question.accept(Answered(row.module, run.output, lambda: channels_read(run)))


def _without(campaign: Campaign, rules: Conclusion, row: StageRun) -> Conclusion:
    """The module does not help: by the campaign's policy the rules stand, and say so, or the campaign ends.

    Raises:
        Conflict: it ends.
    """
    said = "gave no answer that counts" if row.state == State.REFUSED else "failed"
    told = f"{row.module} {said}: {row.problem}"
    if campaign.after_module_failure == AfterModuleFailure.STOP:
        raise Conflict(told, code="module_failed")
    return replace(
        rules,
        summary=f"{rules.summary} · by rules, the module {'failed' if row.state == State.FAILED else 'was refused'}",
        reasoning=f"{told}\nBy the campaign's policy the rules decide. {rules.reasoning}",
        result=rules.result | {"module_failed": {"module": row.module, "problem": row.problem}},
    )
