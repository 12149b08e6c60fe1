"""Decision: abort unless the machine is ready; otherwise explore, or optimise from what is known."""

from dataclasses import replace

from optimizer.generators import catalogue
from optimizer.models import Campaign, Evaluation, Iteration, Stage, StageRecord
from optimizer.services.ending import end_campaign
from optimizer.stages.by_module import decision as by_module
from optimizer.stages.by_module.question import Answered, Question
from optimizer.stages.by_module.state import READY, UNKNOWN
from optimizer.stages.concluding import Conclusion
from optimizer.stages.due import enqueue_stage
from optimizer.words import plural
from xoptweb.actors import system

EXPLORATION, OPTIMIZATION = "exploration", "optimization"


def conclude(iteration: Iteration, record: StageRecord) -> Conclusion:
    """What is not known to be ready is aborted here, in code; nothing and nobody can decide otherwise."""
    identified = iteration.stages.filter(stage=Stage.STATE, state=StageRecord.State.DONE).order_by("-round").first()
    state = identified.result.get("state", UNKNOWN) if identified is not None else UNKNOWN
    if state != READY:
        reason = identified.reasoning if identified is not None else "The state of the machine was not identified."
        return Conclusion(
            summary=f"abort: {state}",
            reasoning=reason,
            result={"decision": "abort", "state": state},
            then=lambda row: _abort(iteration.campaign, reason),
        )
    strategy, reasoning, known = choose(iteration)
    rules = Conclusion(
        summary=strategy,
        reasoning=reasoning,
        result={"decision": "continue", "strategy": strategy, "known": known},
        then=lambda row: _configure(iteration, strategy),
    )
    asked = Question(
        lambda: by_module.given(iteration, state, strategy, reasoning),
        lambda answered: _by_module(iteration, rules, answered),
    )
    return replace(rules, question=asked)


def _by_module(iteration: Iteration, rules: Conclusion, answered: Answered) -> Conclusion:
    """As the module reasons, within what the person chose. Raises Refused."""
    answer = by_module.answer_of(answered)
    result = rules.result | {"decision": answer.decision, "module": answer.model_dump()}
    if answer.decision == "abort":
        return Conclusion(
            summary="abort",
            reasoning=answer.reasoning,
            result=result,
            then=lambda row: _abort(iteration.campaign, f"{answered.module} advises against it: {answer.reasoning}"),
        )
    strategy, reasoning = str(answer.strategy), answer.reasoning
    if iteration.campaign.pinned.get("generator") and strategy != rules.result["strategy"]:
        strategy = rules.result["strategy"]
        reasoning += f"\nIt says {answer.strategy}. {rules.reasoning} That stands."
    return Conclusion(
        summary=strategy,
        reasoning=reasoning,
        result=result | {"strategy": strategy},
        then=lambda row: _configure(iteration, strategy),
    )


def choose(iteration: Iteration) -> tuple[str, str, int]:
    """The strategy, why, and how many useful evaluations are known from earlier iterations."""
    campaign = iteration.campaign
    known = Evaluation.objects.filter(
        execution__iteration__campaign=campaign, state=Evaluation.State.COMPLETED, objective__isnull=False
    ).count()
    pinned = campaign.pinned.get("generator")
    if pinned:
        strategy = EXPLORATION if catalogue.entry(pinned).explores else OPTIMIZATION
        return strategy, f"{campaign.requested_by} chose {pinned}.", known
    if known:
        return OPTIMIZATION, f"{plural(known, 'evaluation')} of earlier iterations show where to search.", known
    if campaign.iterations_max == 1:
        return OPTIMIZATION, "This is the only iteration: it explores with its first points, then improves.", known
    return EXPLORATION, "Nothing is known yet: the region is mapped before it is searched.", known


def _abort(campaign: Campaign, reason: str) -> None:
    end_campaign(campaign, Campaign.State.ABORTED, f"Not started. {reason}", by=system("decision"))


def _configure(iteration: Iteration, strategy: str) -> None:
    Iteration.objects.filter(pk=iteration.pk).update(strategy=strategy)
    enqueue_stage(iteration, Stage.CONFIGURATION)
