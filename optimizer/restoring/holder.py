"""What the watchdog tells about a campaign's own restore."""

from controls import holders
from controls.models import Lease, Machine, Restore
from controls.restore.record import in_words
from optimizer.execution.states import announce
from optimizer.models import Campaign
from optimizer.restoring.begin import HOLDER
from xoptweb.actors import system
from xoptweb.audit.services import record
from xoptweb.live.services import publish

Final = Campaign.Final


class CampaignRestoreHolder:
    """Implements `controls.holders.Holder`."""

    def taken(self, lease: Lease, reason: str) -> None:
        """Another watchdog goes on with it."""

    def restored(self, lease: Lease, restore: Restore) -> None:
        campaign = _campaign(lease)
        done = restore.state == Restore.State.DONE
        _tell(campaign, in_words(restore), str(restore.state), Final.RESTORED if done else Final.NOT_RESTORED)
        record(system("restore"), "campaign.restored", campaign, after={"restore": restore.pk, "done": done})

    def waiting(self, lease: Lease, reason: str) -> None:
        _tell(_campaign(lease), f"Not restored yet: {reason}", "waiting", Final.NOT_RESTORED)

    def released(self, lease: Lease) -> None:
        publish(f"campaign:{_campaign(lease).pk}", "restore", {"state": "released"})

    def stopped(self, machine: Machine, reason: str) -> list[str]:
        """A way back is not stopped: it is where a STOP leads to."""
        return []


def _campaign(lease: Lease) -> Campaign:
    return Campaign.objects.get(pk=int(lease.holder.partition(":")[2]))


def _tell(campaign: Campaign, message: str, state: str, final: Campaign.Final) -> None:
    announce(campaign, Campaign.State(campaign.state), message, final=final)
    publish(f"campaign:{campaign.pk}", "restore", {"state": state, "message": message})


def register() -> None:
    holders.register(HOLDER, CampaignRestoreHolder())
