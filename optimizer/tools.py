"""Tools of agents: looking at campaigns."""

from typing import Any

from pydantic import BaseModel, Field

from optimizer.models import Campaign
from optimizer.sentence import meaning
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
    }
