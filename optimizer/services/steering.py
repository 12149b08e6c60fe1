"""Pausing, resuming, finishing and stopping a campaign."""

from controls.models import Lease
from controls.services.stopping import stop_lease
from optimizer.execution import conclude
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from optimizer.services.ending import end_campaign
from xoptweb.accounts.permissions import allowed, require
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import withdraw
from xoptweb.audit.services import record
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

OPEN_APPROVAL = {Approval.State.PENDING, Approval.State.APPROVED}
STOPPABLE_LEASE = {Lease.State.HELD, Lease.State.PARKED}


def pause(campaign: Campaign, *, by: Actor) -> Campaign:
    """Finish the present evaluation, then stay where the machine is until somebody resumes.

    Raises:
        NotAllowed: `by` may not run campaigns.
        Conflict: it does not execute, or pauses already.
    """
    require(by, "run_campaigns")
    with transaction("a pause is asked for once"):
        execution = _executing(campaign, {Campaign.State.EXECUTING})
        if execution.pause_requested:
            raise Conflict("This campaign pauses already.", code="wrong_state")
        Execution.objects.filter(pk=execution.pk).update(pause_requested=True, steered_by=by.label[:150])
        _tell(campaign, by, "campaign.pause", f"{by.label} asked to pause: the present evaluation is finished.")
    return campaign


def resume(campaign: Campaign, *, by: Actor) -> Campaign:
    """Go on after a pause. After a long one a worker takes the execution up again and replays it.

    Raises:
        NotAllowed: `by` may not run campaigns.
        Conflict: it does not pause.
    """
    require(by, "run_campaigns")
    with transaction("resuming and parking exclude each other"):
        execution = _executing(campaign, {Campaign.State.PAUSED, Campaign.State.EXECUTING})
        if not execution.pause_requested:
            raise Conflict("This campaign does not pause, or goes on already.", code="wrong_state")
        Execution.objects.filter(pk=execution.pk).update(pause_requested=False)
        _tell(campaign, by, "campaign.resume", f"{by.label} resumed it.")
        _take_up_if_parked(execution)
    return campaign


def finish(campaign: Campaign, *, by: Actor) -> Campaign:
    """Make no more evaluations after the present one, and come to rest as approved.

    Raises:
        NotAllowed: `by` may not run campaigns.
        Conflict: it does not execute.
    """
    require(by, "run_campaigns")
    with transaction("finishing early is asked for once"):
        execution = _executing(campaign, {Campaign.State.EXECUTING, Campaign.State.PAUSED})
        if execution.finish_requested:
            raise Conflict("This campaign finishes already.", code="wrong_state")
        Execution.objects.filter(pk=execution.pk).update(
            finish_requested=True, pause_requested=False, steered_by=by.label[:150]
        )
        _tell(campaign, by, "campaign.finish", f"{by.label} asked to finish here.")
        _take_up_if_parked(execution)
    return campaign


def stop(campaign: Campaign, *, by: Actor, reason: str = "") -> Campaign:
    """Stop it wherever it is. What was moved in this iteration goes back to where the iteration found it.

    Raises:
        NotAllowed: `by` may neither run campaigns nor stop.
        Conflict: it has ended.
    """
    if not allowed(by, "stop"):
        require(by, "run_campaigns")
    why = f"Stopped by {by.label}" + (f": {reason}" if reason else "") + "."
    with transaction("a stop reaches the campaign wherever it is"):
        campaign = Campaign.objects.select_for_update(of=("self",)).get(pk=campaign.pk)
        if campaign.state in Campaign.FINAL:
            raise Conflict(f"This campaign is {campaign.get_state_display().lower()}.", code="wrong_state")
        record(by, "campaign.stop", campaign, after={"reason": reason})
        stop_here(campaign, why, by=by)
    campaign.refresh_from_db()
    return campaign


def stop_here(campaign: Campaign, why: str, *, by: Actor) -> None:
    """Stop an active campaign, inside the caller's transaction, which has checked that this is allowed."""
    execution = _open_execution(campaign)
    if execution is not None:
        _stop_execution(execution, why, by)
    elif (approval := _open_approval(campaign)) is not None:
        withdraw(approval, why, by=_as_system(by))
    else:
        end_campaign(campaign, Campaign.State.STOPPED, why, by=by)


def _stop_execution(execution: Execution, why: str, by: Actor) -> None:
    lease = execution.lease
    held = lease is not None and lease.state != Lease.State.RELEASED
    if execution.state == Execution.State.QUEUED and not held:
        moved = execution.attempts.exists()
        final = Campaign.Final.RESTORED if moved else Campaign.Final.NOT_MOVED
        conclude.end(execution, Execution.Ending.STOPPED, final, why, "stopped")
        if execution.approval.state in OPEN_APPROVAL:
            withdraw(execution.approval, why, by=_as_system(by))
        return
    Execution.objects.filter(pk=execution.pk).update(stop_requested=True, steered_by=by.label[:150])
    publish(f"campaign:{execution.iteration.campaign_id}", "note", {"message": why})
    if lease is not None and lease.state in STOPPABLE_LEASE:
        stop_lease(lease, by=_as_system(by), reason=why)


def _as_system(by: Actor) -> Actor:
    """The same name acting through xoptweb: whether it may was checked for the campaign."""
    return Actor(user=None, via=by.via, name=by.label, correlation=by.correlation)


def _take_up_if_parked(execution: Execution) -> None:
    """The worker was released in a long pause: have one carry it on."""
    lease = execution.lease
    if execution.state == Execution.State.PAUSED and lease is not None and lease.state == Lease.State.PARKED:
        conclude.enqueue_execution(execution)


def _executing(campaign: Campaign, states: set[Campaign.State]) -> Execution:
    """The running execution of a campaign in one of `states`, locked until the transaction ends."""
    campaign.refresh_from_db(fields=["state"])
    execution = _open_execution(campaign)
    if campaign.state not in states or execution is None:
        raise Conflict(f"This campaign is {campaign.get_state_display().lower()}.", code="wrong_state")
    return execution


def _open_execution(campaign: Campaign) -> Execution | None:
    rows = Execution.objects.select_for_update(of=("self",)).select_related(
        "approval", "lease", "iteration__campaign__environment__machine"
    )
    return rows.filter(iteration__campaign=campaign).exclude(state=Execution.State.ENDED).first()


def _open_approval(campaign: Campaign) -> Approval | None:
    last = campaign.iterations.select_related("approval").order_by("-number").first()
    approval = last.approval if last is not None else None
    return approval if approval is not None and approval.state in OPEN_APPROVAL else None


def _tell(campaign: Campaign, by: Actor, action: str, message: str) -> None:
    record(by, action, campaign)
    announce(campaign, Campaign.State(campaign.state), message)
