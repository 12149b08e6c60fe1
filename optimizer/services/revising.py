"""Answering a request for changes: the requester edits the choices, and the iteration is configured again."""

from optimizer.execution.states import announce
from optimizer.models import Campaign, Iteration, Stage, StageRecord
from optimizer.services.choices import Pinned, faults
from optimizer.services.creating import require_free_channels
from optimizer.stages.due import enqueue_stage
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

WAITING = "the requester"  # who decides a configuration that waits for changed choices


def await_changes(iteration: Iteration, words: str) -> StageRecord:
    """Open the next round of the configuration; it runs when the requester has answered."""
    last = iteration.stages.filter(stage=Stage.CONFIGURATION).order_by("-round").first()
    row = StageRecord.objects.create(
        iteration=iteration,
        stage=Stage.CONFIGURATION,
        round=last.round + 1 if last is not None else 1,
        summary="changes requested",
        reasoning=words,
        decided_by=WAITING,
    )
    publish(f"campaign:{iteration.campaign_id}", "stage", stage_event(row))
    return row


def waiting_for_changes(campaign: Campaign) -> StageRecord | None:
    """The round of configuration that waits for the requester's answer, if there is one."""
    if campaign.state != Campaign.State.RUNNING:
        return None
    rows = StageRecord.objects.filter(iteration__campaign=campaign, stage=Stage.CONFIGURATION, decided_by=WAITING)
    return rows.filter(state=StageRecord.State.RUNNING).select_related("iteration").first()


def revise(campaign: Campaign, pinned: Pinned, *, by: Actor) -> Campaign:
    """Replace the choices and configure the iteration again.

    Raises:
        NotAllowed: `by` may not run campaigns.
        Invalid: a choice does not suit the environment; `fields` says which and why.
        Conflict: nobody asked for changes, or the answer was given already; `channels_busy` as for a new campaign.
    """
    require(by, "run_campaigns")
    found = faults(pinned, campaign.environment, campaign.objective.name)
    if found:
        fields = {fault.field: fault.reason for fault in found}
        raise Invalid("These choices do not suit the environment.", fields=fields)
    with transaction("changed choices and the configuration they lead to belong together"):
        row = waiting_for_changes(campaign)
        if row is None or not StageRecord.objects.filter(pk=row.pk, decided_by=WAITING).update(decided_by="rules"):
            raise Conflict("Nobody waits for changes to this campaign.", code="wrong_state")
        require_free_channels(campaign.environment, pinned, apart_from=campaign)
        before, after = campaign.pinned, pinned.model_dump(mode="json", exclude_defaults=True)
        Campaign.objects.filter(pk=campaign.pk).update(pinned=after)
        campaign.pinned = after
        record(by, "campaign.revised", campaign, before=before, after=after)
        announce(campaign, Campaign.State.RUNNING, f"Configuring again with {by.label}'s changes.")
        enqueue_stage(row.iteration, Stage.CONFIGURATION, row.round)
    return campaign


def stage_event(row: StageRecord) -> dict[str, object]:
    """What the stage rail needs of a record."""
    return {
        "iteration": row.iteration.number,
        "stage": str(row.stage),
        "round": row.round,
        "state": str(row.state),
        "summary": row.summary,
    }
