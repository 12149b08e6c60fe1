"""Analysis by a module: it explains what was calculated and recommends; the numbers stay those of the record."""

from typing import Any

from optimizer.analysis.result import Analysis
from optimizer.models import Execution, Iteration
from optimizer.sentence import meaning
from optimizer.stages.by_module.answers import AnalysisAnswer, parsed
from optimizer.stages.by_module.earlier import iterations
from optimizer.stages.by_module.question import Answered


def given(iteration: Iteration, execution: Execution, analysis: Analysis, reason: str) -> dict[str, Any]:
    """What the module is told; `reason` says why the rules see no further iteration, if they do not."""
    campaign = iteration.campaign
    configuration = iteration.configuration or {}
    ranges = {name: [one["low"], one["high"], one["units"]] for name, one in configuration.get("variables", {}).items()}
    return {
        "campaign": campaign.pk,
        "environment": campaign.environment.slug,
        "sentence": campaign.sentence,
        "goal": meaning(campaign.objective),
        "iteration": iteration.number,
        "iterations_max": campaign.iterations_max,
        "strategy": iteration.strategy,
        "generator": configuration.get("generator"),
        "ranges": ranges,
        "calculated": analysis.content,
        "why_no_further_iteration": reason,
        "earlier_iterations": iterations(iteration),
    }


def answer_of(answered: Answered) -> AnalysisAnswer:
    """Raises Refused."""
    return parsed(AnalysisAnswer, answered.output)
