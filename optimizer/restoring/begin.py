"""Handing an approved restore to the watchdog, which brings channels back and survives whatever happens meanwhile."""

from controls.gate.envelope import Envelope
from controls.leases.grant import next_token
from controls.models import Channel, ChannelLock, Lease, Machine, Snapshot, SnapshotValue
from controls.restore import record
from optimizer.execution.states import announce
from optimizer.models import Campaign
from optimizer.readiness import require_undisturbed
from optimizer.setpoints import require_same_channels, require_unmoved
from xoptweb.actors import Actor, system
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import use, withdraw
from xoptweb.config import config
from xoptweb.errors import Conflict, Problem
from xoptweb.live.services import publish
from xoptweb.transactions import transaction
from xoptweb.work.process import identity

HOLDER = "optimizer.campaign"
ME = system("restore")


def begin(approval_id: int) -> Lease | None:
    """Lease the channels with the values from before the campaign as what they return to; None when it was refused.

    What runs is what was approved: the channels stand where they were shown, or nothing moves.
    """
    approval = Approval.objects.get(pk=approval_id)
    if approval.state != Approval.State.APPROVED:
        return None
    campaign = Campaign.objects.select_related("environment__machine").get(pk=int(approval.subject.partition(":")[2]))
    envelope = Envelope.model_validate(approval.envelope)
    try:
        require_undisturbed(campaign.environment.machine, approval)
        present = require_unmoved(campaign.environment.machine, envelope)
        return _hand_over(approval, campaign, envelope, present)
    except Problem as problem:
        _refused(approval, campaign, problem)
        return None


def _hand_over(approval: Approval, campaign: Campaign, envelope: Envelope, present: dict[str, float]) -> Lease:
    targets = {each["name"]: float(each["then"]) for each in approval.content["channels"]}
    channels = {bound.channel: targets[name] for name, bound in envelope.channels.items()}
    by = approval.votes.order_by("-at").values_list("by__username", flat=True).first() or "policy"
    with transaction("an approval is spent together with the lease that it allows"):
        use(approval.pk, digest=approval.digest, by=ME)
        lease = _lease(campaign, channels)
        require_same_channels(campaign.environment.machine, envelope)  # now that nobody can change them any more
        restore = record.begin(lease, by=by, reason=f"approval {approval.pk}: back to before campaign {campaign.pk}")
        record.force(restore, {bound.channel: present[name] for name, bound in envelope.channels.items()})
        _tell(campaign, f"Going back to the values from before the campaign, approved by {by}.", "running")
    return lease


def _lease(campaign: Campaign, targets: dict[int, float]) -> Lease:
    """All channels or none, in the watchdog's care from the beginning."""
    token = next_token(campaign.environment.machine)
    machine = Machine.objects.get(pk=campaign.environment.machine_id)
    if not machine.armed:
        raise Conflict(f"{machine.name} is not armed.", code="not_armed")
    busy = ChannelLock.objects.filter(channel__in=targets).select_related("channel", "lease")
    if names := [f"{lock.channel.name} (held by {lock.lease.holder})" for lock in busy]:
        raise Conflict(f"These channels are in use: {', '.join(names)}.", code="channels_leased")
    snapshot = Snapshot.objects.create(machine=machine, label=f"as before campaign {campaign.pk}")
    rows = Channel.objects.in_bulk(list(targets))
    SnapshotValue.objects.bulk_create(
        SnapshotValue(snapshot=snapshot, channel=rows[pk], value=value) for pk, value in targets.items()
    )
    lease = Lease.objects.create(
        machine=machine, holder=f"{HOLDER}:{campaign.pk}", correlation=f"campaign:{campaign.pk}",
        state=Lease.State.RESTORING, token=token, duration_s=config().lease_duration_s, process=identity(),
        lock_path="", snapshot=snapshot, stops_at_grant=machine.stops,
    )  # fmt: skip
    ChannelLock.objects.bulk_create(ChannelLock(channel=row, lease=lease) for row in rows.values())
    publish(f"machine:{machine.slug}", "leased", {"lease": lease.pk, "holder": lease.holder})
    return lease


def _refused(approval: Approval, campaign: Campaign, problem: Problem) -> None:
    message = f"Not restored to before the campaign: {problem.message}"
    with transaction("a restore that cannot begin says so and takes its approval back"):
        approval.refresh_from_db()
        if approval.state == Approval.State.APPROVED:
            withdraw(approval, problem.message, by=Actor(user=None, name="restore"))
        _tell(campaign, message, "refused")


def _tell(campaign: Campaign, message: str, state: str) -> None:
    announce(campaign, Campaign.State(campaign.state), message)
    publish(f"campaign:{campaign.pk}", "restore", {"state": state, "message": message})
