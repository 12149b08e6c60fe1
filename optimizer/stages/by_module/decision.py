"""Decision by a module: only for a machine that is ready, with what earlier iterations found before it."""

from typing import Any

from optimizer.models import Iteration
from optimizer.sentence import meaning
from optimizer.stages.by_module.answers import DecisionAnswer, parsed
from optimizer.stages.by_module.earlier import iterations
from optimizer.stages.by_module.question import Answered


def given(iteration: Iteration, state: str, strategy: str, reasoning: str) -> dict[str, Any]:
    """What the module is told; `strategy` and `reasoning` are those of the rules."""
    campaign = iteration.campaign
    return {
        "campaign": campaign.pk,
        "environment": campaign.environment.slug,
        "sentence": campaign.sentence,
        "goal": meaning(campaign.objective),
        "iteration": iteration.number,
        "iterations_max": campaign.iterations_max,
        "state": state,
        "chosen_by_the_person": campaign.pinned,
        "rules": {"strategy": strategy, "reasoning": reasoning},
        "earlier_iterations": iterations(iteration),
    }


def answer_of(answered: Answered) -> DecisionAnswer:
    """Raises Refused."""
    return parsed(DecisionAnswer, answered.output)
