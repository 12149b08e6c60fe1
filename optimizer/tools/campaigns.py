"""Looking at campaigns."""

from typing import Any

from pydantic import BaseModel, Field

from optimizer.models import Campaign, Iteration
from optimizer.sentence import meaning
from optimizer.tools.finding import campaign as find
from optimizer.tools.finding import link
from xoptweb.actors import Actor
from xoptweb.tools.registry import tool


class FindCampaigns(BaseModel):
    """Campaigns by state, environment or words of their sentence; newest first."""

    words: str = Field("", description="Text that the sentence holds.", max_length=300)
    environment: str = Field("", description="Slug of an environment.", max_length=50)
    state: str = Field("", description="A state, such as executing or finished.", max_length=20)
    limit: int = Field(10, ge=1, le=50)


@tool("find_campaigns", "Find campaigns with what they improve, their state and their last result.", "view_machine")
def find_campaigns(arguments: FindCampaigns, *, by: Actor) -> list[dict[str, Any]]:
    """One entry a campaign; `result` is what the last analysis says."""
    found = Campaign.objects.select_related("environment", "objective", "requested_by")
    if arguments.words:
        found = found.filter(sentence__icontains=arguments.words.replace("\x00", ""))
    if arguments.environment:
        found = found.filter(environment__slug=arguments.environment)
    if arguments.state:
        found = found.filter(state=arguments.state)
    return [_entry(campaign) for campaign in found.prefetch_related("iterations")[: arguments.limit]]


def _entry(campaign: Campaign) -> dict[str, Any]:
    results = [each.result["text"] for each in campaign.iterations.all() if each.result]
    return {
        "id": campaign.pk,
        "sentence": campaign.sentence,
        "environment": campaign.environment.slug,
        "goal": meaning(campaign.objective),
        "state": campaign.state,
        "message": campaign.message,
        "final": str(Campaign.Final(campaign.final).label),
        "requested_by": campaign.requested_by.get_username(),
        "created_at": campaign.created_at.isoformat(),
        "result": results[-1] if results else "",
        "link": link(campaign),
    }


class ReadCampaign(BaseModel):
    """One campaign with its iterations."""

    campaign: int = Field(ge=1)


@tool(
    "read_campaign", "Read a campaign: each stage's conclusion with its reasons, configuration, result.", "view_machine"
)
def read_campaign(arguments: ReadCampaign, *, by: Actor) -> dict[str, Any]:
    campaign = find(arguments.campaign)
    iterations = campaign.iterations.prefetch_related("stages")
    return {
        **_entry(campaign),
        "ended_at": campaign.ended_at.isoformat() if campaign.ended_at else None,
        "chosen_by_the_person": campaign.pinned,
        "iterations": [_iteration(iteration) for iteration in iterations],
    }


def _iteration(iteration: Iteration) -> dict[str, Any]:
    return {
        "number": iteration.number,
        "strategy": iteration.strategy,
        "changes_requested": iteration.changes_requested,
        "stages": [
            {
                "stage": stage.stage,
                "state": stage.state,
                "summary": stage.summary,
                "reasoning": stage.reasoning,
                "decided_by": stage.decided_by,
            }
            for stage in iteration.stages.all()
        ],
        "configuration": _configuration(iteration.configuration),
        "result": iteration.result,
    }


def _configuration(configuration: dict[str, Any] | None) -> dict[str, Any] | None:
    """What matters of it to somebody who reads."""
    if configuration is None:
        return None
    variables = configuration.get("variables", {})
    kept = ("generator", "options", "objective", "constraints", "baseline", "evaluations", "seconds", "end", "initial")
    ranges = {name: {"low": one["low"], "high": one["high"], "start": one["start"], "units": one["units"]}
              for name, one in variables.items()}  # fmt: skip
    return {name: configuration[name] for name in kept if name in configuration} | {"variables": ranges}


class CompareCampaigns(BaseModel):
    """Campaigns side by side."""

    campaigns: list[int] = Field(min_length=2, max_length=8)


@tool(
    "compare_campaigns", "Compare campaigns: goal, generator, evaluations, baseline, best, improvement.", "view_machine"
)
def compare_campaigns(arguments: CompareCampaigns, *, by: Actor) -> list[dict[str, Any]]:
    """One entry for each iteration that has a result, and one for a campaign that has none."""
    return [entry for number in arguments.campaigns for entry in _compared(find(number))]


def _compared(campaign: Campaign) -> list[dict[str, Any]]:
    head = {"campaign": campaign.pk, "goal": meaning(campaign.objective), "environment": campaign.environment.slug,
            "state": campaign.state, "final": campaign.final, "link": link(campaign)}  # fmt: skip
    done = [each for each in campaign.iterations.all() if each.result]
    return [head | _outcome(each) for each in done] or [head]


def _outcome(iteration: Iteration) -> dict[str, Any]:
    result, configuration = iteration.result or {}, iteration.configuration or {}
    kept = ("objective", "baseline", "best", "improvement", "convergence", "at_bounds", "evaluations")
    return {
        "iteration": iteration.number,
        "strategy": iteration.strategy,
        "generator": configuration.get("generator"),
        **{name: result.get(name) for name in kept},
    }
