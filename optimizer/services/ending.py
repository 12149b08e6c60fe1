"""How a campaign ends. Called inside the transaction of what ended it."""

from django.utils import timezone

from optimizer.execution.states import announce
from optimizer.models import Campaign, Iteration, StageRecord
from optimizer.services.stage_runs import cancel_runs
from xoptweb.actors import Actor
from xoptweb.audit.services import record


def end_campaign(campaign: Campaign, to: Campaign.State, message: str, *, by: Actor) -> None:
    """Bring the campaign to a final state; stages that were under way say that they did not conclude.

    Raises:
        Conflict: it cannot end like that from where it is.
    """
    now = timezone.now()
    before = str(campaign.state)
    announce(campaign, to, message, ended_at=now)
    Iteration.objects.filter(campaign=campaign, ended_at=None).update(ended_at=now)
    open_records = StageRecord.objects.filter(iteration__campaign=campaign, state=StageRecord.State.RUNNING)
    cancel_runs(campaign, message)
    open_records.update(state=StageRecord.State.FAILED, summary=str(to.label).lower(), ended_at=now)
    after = {"state": str(to), "message": message, "final": str(campaign.final)}
    record(by, "campaign.ended", campaign, before={"state": before}, after=after)
