"""Changes of a campaign's state that an execution causes."""

from typing import Any

from optimizer.models import Campaign
from xoptweb.live.services import publish
from xoptweb.states import move


def announce(campaign: Campaign, to: Campaign.State, message: str, **changes: Any) -> None:
    """Move the campaign and say so on its stream and on the list's; inside a transaction.

    Raises:
        Conflict: the campaign can't become that from where it is.
    """
    campaign.refresh_from_db(fields=["state"])
    if campaign.state == to:
        Campaign.objects.filter(pk=campaign.pk).update(message=message[:400], **changes)
    else:
        move(campaign, to, message=message[:400], **changes)
    campaign.refresh_from_db(fields=["state", "message", "final"])
    event = {"state": str(campaign.state), "message": campaign.message, "final": str(campaign.final)}
    publish(f"campaign:{campaign.pk}", "state", event)
    publish("campaigns", "state", {"campaign": campaign.pk, **event})
