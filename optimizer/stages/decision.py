"""Decision: abort unless the machine is ready; otherwise explore, or optimise from what is known."""

from optimizer.generators import catalogue
from optimizer.models import Campaign, Evaluation, Iteration, Stage, StageRecord
from optimizer.services.ending import end_campaign
from optimizer.stages.concluding import Conclusion
from optimizer.stages.due import enqueue_stage
from optimizer.stages.state import READY, UNKNOWN
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
    return Conclusion(
        summary=strategy,
        reasoning=reasoning,
        result={"decision": "continue", "strategy": strategy, "known": known},
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
