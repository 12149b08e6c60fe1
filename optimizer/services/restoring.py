"""Asking to bring the channels back to where they were before a campaign."""

from typing import Any

from controls.gate.envelope import ChannelEnvelope, Envelope
from controls.models import Channel, Snapshot, SnapshotValue
from optimizer.models import Campaign
from optimizer.setpoints import read_numbers
from optimizer.words import plural
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import request
from xoptweb.audit.services import key
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

KIND = "restore"
SECONDS = 600.0


def restore_before(campaign: Campaign, *, by: Actor) -> Approval:
    """Request an approval to restore the snapshot from before the campaign.

    Raises:
        NotAllowed: `by` may not run campaigns.
        Conflict: it is active, moved nothing, is asked for already, or everything is as before.
        Unavailable: the present values cannot be read.
    """
    require(by, "run_campaigns")
    if campaign.state not in Campaign.FINAL:
        raise Conflict("Stop the campaign first: it is still active.", code="wrong_state")
    snapshot = campaign.start_snapshot
    if snapshot is None:
        raise Conflict("This campaign moved nothing.", code="nothing_moved")
    values = list(snapshot.values.select_related("channel"))
    present = read_numbers(campaign.environment.machine, {v.channel.name: v.channel.address for v in values})
    away = [value for value in values if not back(value, present[value.channel.name])]
    if not away:
        raise Conflict("Every channel is where it was before the campaign.", code="nothing_to_restore")
    with transaction("a restore is asked for once"):
        open_states = [Approval.State.PENDING, Approval.State.APPROVED]
        if Approval.objects.filter(kind=KIND, subject=key(campaign), state__in=open_states).exists():
            raise Conflict("This restore waits for an approval already.", code="already_requested")
        approval = request(
            KIND,
            campaign,
            f"Restore {plural(len(away), 'channel')} to before campaign {campaign.pk}",
            _content(campaign, snapshot, away, present),
            _envelope(campaign, away, present).model_dump(mode="json"),
            by=by,
            votes_needed=1,
            requester_may_decide=campaign.requester_may_decide,
            correlation=f"campaign:{campaign.pk}",
        )
        publish(f"campaign:{campaign.pk}", "restore", {"approval": approval.pk, "state": str(approval.state)})
    return approval


def back(value: SnapshotValue, present: float) -> bool:
    """Whether a channel stands where the snapshot has it, up to what its put resolution can tell."""
    return abs(present - value.value) <= 1e-9 * max(_span(value.channel), abs(value.value))


def _span(channel: Channel) -> float:
    return (channel.high or 0.0) - (channel.low or 0.0)


def _content(
    campaign: Campaign, snapshot: Snapshot, away: list[SnapshotValue], present: dict[str, float]
) -> dict[str, Any]:
    return {
        "about": campaign.sentence,
        "campaign": {"id": campaign.pk, "sentence": campaign.sentence},
        "machine": {"slug": campaign.environment.machine.slug, "name": campaign.environment.machine.name},
        "snapshot": {"id": snapshot.pk, "taken_at": snapshot.taken_at.isoformat()},
        "channels": [
            {
                "name": value.channel.name,
                "address": value.channel.address,
                "units": value.channel.units,
                "precision": value.channel.precision,
                "now": present[value.channel.name],
                "then": value.value,
                "limit_low": value.channel.low,
                "limit_high": value.channel.high,
                "max_step": value.channel.max_step,
            }
            for value in away
        ],
    }


def _envelope(campaign: Campaign, away: list[SnapshotValue], present: dict[str, float]) -> Envelope:
    channels: dict[str, ChannelEnvelope] = {}
    for value in away:
        channel, now = value.channel, present[value.channel.name]
        if channel.max_step is None:
            raise Conflict(f"{channel.name} may not be written any more.", code="not_writable")
        channels[channel.name] = ChannelEnvelope(
            channel=channel.pk,
            address=channel.address,
            readback=channel.readback,
            units=channel.units,
            low=min(now, value.value),
            high=max(now, value.value),
            max_step=channel.max_step,
            start=now,
            tolerance=channel.tolerance,
            settle_s=channel.settle_s,
        )
    machine = campaign.environment.machine.slug
    return Envelope(machine=machine, channels=channels, evaluations=0, seconds=SECONDS, end="restore")
