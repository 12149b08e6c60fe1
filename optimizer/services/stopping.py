"""What STOP means for the campaigns of a machine."""

from controls.models import Machine
from optimizer.models import Campaign
from optimizer.services.steering import stop_here
from xoptweb.actors import system


def stop_waiting(machine: Machine, reason: str) -> list[str]:
    """Stop every active campaign of a machine, inside the caller's transaction; what was stopped, for a person.

    Leases are stopped by their own rows; this also reaches what has none yet: campaigns that think, wait for an
    approval or for a worker.
    """
    stopped = []
    active = Campaign.objects.select_for_update(of=("self",)).filter(
        environment__machine=machine, state__in=Campaign.ACTIVE
    )
    for campaign in active:
        stop_here(campaign, f"{reason}.", by=system("stop"))
        stopped.append(f"campaign {campaign.pk}, “{campaign}”")
    return stopped
