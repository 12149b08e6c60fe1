"""Analysis: what came of the execution, and whether another iteration follows."""

from dataclasses import replace

from django.utils import timezone

from optimizer.analysis.result import Analysis, analyse
from optimizer.configuration import Configuration
from optimizer.execution.endings import in_words
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution, Iteration, Stage, StageRecord
from optimizer.services.ending import end_campaign
from optimizer.services.revising import stage_event
from optimizer.stages.by_module import analysis as by_module
from optimizer.stages.by_module.question import Answered, Question
from optimizer.stages.concluding import Conclusion
from optimizer.stages.decision import OPTIMIZATION
from optimizer.stages.due import enqueue_stage
from optimizer.words import plural
from xoptweb.actors import system
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

Ending = Execution.Ending
State = Campaign.State
ENDS: dict[str, Campaign.State] = {
    Ending.FINISHED: State.FINISHED,
    Ending.STOPPED: State.STOPPED,
    Ending.ABORTED: State.ABORTED,
    Ending.FAILED: State.FAILED,
}


def conclude(iteration: Iteration, record: StageRecord) -> Conclusion:
    """Analyse the record, then begin the next iteration or end the campaign as the execution ended."""
    execution = Execution.objects.filter(iteration=iteration).first()
    if execution is None or execution.state != Execution.State.ENDED or iteration.configuration is None:
        raise Conflict("There is no execution that has ended.", code="not_ended")
    configuration = Configuration.model_validate(iteration.configuration)
    analysis = analyse(execution, configuration, iteration.campaign.final)
    reason = no_further(iteration, execution, analysis)
    keep(iteration, execution, analysis, reason)
    rules = Conclusion(
        summary=_summary(analysis, execution),
        reasoning=" ".join([analysis.text, *analysis.content["recommendations"]]),
        result={"next": "finish" if reason else "iterate", "why": reason},
        then=lambda row: _go_on(iteration, execution, analysis, reason),
    )
    if iteration.campaign.state != State.RUNNING or execution.ending == Ending.STOPPED:
        return rules  # who pressed STOP waits for nobody
    asked = Question(
        lambda: by_module.given(iteration, execution, analysis, reason),
        lambda answered: _by_module(iteration, execution, analysis, rules, answered),
    )
    return replace(rules, question=asked)


def _by_module(
    iteration: Iteration, execution: Execution, analysis: Analysis, rules: Conclusion, answered: Answered
) -> Conclusion:
    """The module's words beside the numbers of the record; it can end the campaign here, and prolong nothing.

    Raises:
        Refused: the answer is not of its form.
    """
    answer = by_module.answer_of(answered)
    reason = rules.result["why"]
    if answer.stop and not reason:
        reason = f"{answered.module} advises to stop: {answer.why_stop or answer.explanation}"
    following = {"next": "finish" if reason else "iterate", "why": reason}
    said = answer.model_dump() | {"module": answered.module}

    def then(row: StageRecord) -> None:
        Iteration.objects.filter(pk=iteration.pk).update(result=analysis.content | following | {"module": said})
        _go_on(iteration, execution, analysis, reason, advised=answer.stop and not rules.result["why"])

    return Conclusion(
        summary=rules.summary + (" · advises to stop" if answer.stop else ""),
        reasoning="\n".join([answer.explanation, *answer.recommendations, f"The rules: {rules.reasoning}"]),
        result=following | {"module": answer.model_dump()},
        then=then,
    )


def keep(iteration: Iteration, execution: Execution, analysis: Analysis, reason: str) -> None:
    """Store the result with its iteration and close the execution's record, whatever the campaign does meanwhile."""
    failed = execution.ending == Ending.FAILED
    made = analysis.content["evaluations"]["made"]
    with transaction("an execution's result and its stage belong together"):
        Iteration.objects.filter(pk=iteration.pk).update(
            result=analysis.content | {"next": "finish" if reason else "iterate", "why": reason}
        )
        row = iteration.stages.filter(stage=Stage.EXECUTION, state=StageRecord.State.RUNNING).first()
        if row is not None:
            row.state = StageRecord.State.FAILED if failed else StageRecord.State.DONE
            row.summary = f"{made} of {plural(execution.evaluations_max, 'evaluation')}"
            row.reasoning, row.ended_at = execution.message, execution.ended_at or timezone.now()
            row.save(update_fields=["state", "summary", "reasoning", "ended_at"])
            publish(f"campaign:{iteration.campaign_id}", "stage", stage_event(row))


def no_further(iteration: Iteration, execution: Execution, analysis: Analysis) -> str:
    """Why no iteration follows; empty when one does."""
    campaign = iteration.campaign
    if execution.ending != Ending.COMPLETED:
        return f"It was {Ending(execution.ending).label}."
    if campaign.final == Campaign.Final.NOT_RESTORED:
        return "Channels were not restored."
    if iteration.number >= campaign.iterations_max:
        return f"All {plural(campaign.iterations_max, 'iteration')} were made."
    if iteration.strategy == OPTIMIZATION and analysis.course.verdict in {"converged", "stagnated"}:
        return analysis.course.text
    return ""


def _summary(analysis: Analysis, execution: Execution) -> str:
    change = analysis.change
    if change is None or change.percent is None:
        return in_words(execution)
    if not change.better:
        return "nothing better found"
    return f"{change.percent:+.0f} %".replace("-", "−") + ("" if change.significant else ", within noise")


def _go_on(
    iteration: Iteration, execution: Execution, analysis: Analysis, reason: str, *, advised: bool = False
) -> None:
    """`advised`: the reason is a module's advice, which the campaign's last words then give."""
    campaign = iteration.campaign
    Iteration.objects.filter(pk=iteration.pk).update(ended_at=timezone.now())
    if reason:
        to = ENDS.get(execution.ending, State.FINISHED)
        words = _last_words(execution, analysis)
        end_campaign(campaign, to, f"{words} {reason}" if advised else words, by=system("analysis"))
        return
    following = Iteration.objects.create(campaign=campaign, number=iteration.number + 1)
    announce(campaign, State.RUNNING, f"Iteration {following.number} begins. {analysis.text}")
    enqueue_stage(following, Stage.STATE)


def _last_words(execution: Execution, analysis: Analysis) -> str:
    """What happened, first; a person may read no further."""
    if execution.ending in {Ending.FAILED, Ending.ABORTED, Ending.STOPPED} and execution.message:
        return f"{execution.message} {analysis.change.text if analysis.change else ''}".strip()
    return analysis.text
