"""Stopping campaigns, wherever they are.

Rows are locked in one order by everybody: machine, lease, approval, execution, campaign. A stop never waits in a circle
with the worker it stops, and what changes hands at that very moment is looked at again.
"""

import logging

from django.db.models import QuerySet

from controls.models import Lease, Machine
from controls.services.stopping import stop_lease
from optimizer.execution import conclude
from optimizer.models import Campaign, Execution
from optimizer.services.ending import end_campaign
from xoptweb.accounts.permissions import allowed, require
from xoptweb.actors import Actor, system
from xoptweb.approvals.models import Approval
from xoptweb.approvals.rows import locked
from xoptweb.approvals.services import withdraw
from xoptweb.audit.services import record
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.transactions import again_after_deadlock, transaction

log = logging.getLogger(__name__)

OPEN_APPROVAL = {Approval.State.PENDING, Approval.State.APPROVED}
STOPPABLE_LEASE = {Lease.State.HELD, Lease.State.PARKED}
TRIES = 5


class _Changed(Exception):
    """An approval was decided, or an execution got its lease, while we looked."""


def stop(campaign: Campaign, *, by: Actor, reason: str = "") -> Campaign:
    """Stop it wherever it is. What was moved in this iteration goes back to where the iteration found it.

    Raises:
        NotAllowed: `by` may neither run campaigns nor stop.
        Conflict: it has ended.
    """
    if not allowed(by, "stop"):
        require(by, "run_campaigns")
    campaign.refresh_from_db(fields=["state"])
    if campaign.state in Campaign.FINAL:
        raise Conflict(f"This campaign is {campaign.get_state_display().lower()}.", code="wrong_state")
    record(by, "campaign.stop", campaign, after={"reason": reason})
    stop_here(campaign, f"Stopped by {by.label}" + (f": {reason}" if reason else "") + ".", by=by)
    campaign.refresh_from_db()
    return campaign


def stop_all(machine: Machine, reason: str) -> list[str]:
    """Stop every active campaign of a machine; what was stopped, for a person. One that can't be holds up no other.

    Leases are stopped by their own rows; this also reaches what has none yet: campaigns that think, wait for an
    approval or for a worker.
    """
    stopped = []
    for campaign in Campaign.objects.filter(environment__machine=machine, state__in=Campaign.ACTIVE):
        name = f"campaign {campaign.pk}, “{campaign}”"
        try:
            stop_here(campaign, f"{reason}.", by=system("stop"))
        except Exception:  # the machine's stop stands by itself; this is about what has not begun to move
            log.exception("%s could not be told to stop", name)
            stopped.append(f"{name} (what moves is stopped; the campaign itself could not be told)")
        else:
            stopped.append(name)
    return stopped


def stop_here(campaign: Campaign, why: str, *, by: Actor) -> None:
    """Stop an active campaign for somebody who may; nothing happens when it has ended meanwhile.

    Raises:
        Conflict: it changed under our hands, again and again.
    """
    for _ in range(TRIES):
        try:
            again_after_deadlock(lambda: _stop_once(campaign, why, by))
        except (_Changed, Conflict) as change:
            log.info("campaign %s changed while it was stopped: %s", campaign.pk, change)
        else:
            return
    raise Conflict(f"Campaign {campaign.pk} keeps changing; press STOP again.", code="busy")


def _stop_once(campaign: Campaign, why: str, by: Actor) -> None:
    execution = _open_execution(campaign)
    lease = execution.lease if execution is not None else None
    if lease is not None and lease.state in STOPPABLE_LEASE:
        stop_lease(lease, by=_as_system(by), reason=why)
    with transaction("a stop reaches the campaign wherever it is"):
        approval = _lock_open_approval(campaign)
        if execution is not None:
            execution = _lock(execution, lease)
            _stop_execution(execution, approval, why, by)
        elif _open_execution(campaign) is not None:
            raise _Changed("its approval has just been decided")
        elif approval is not None:
            withdraw(approval, why, by=_as_system(by))
        else:
            campaign.refresh_from_db()
            if campaign.state not in Campaign.FINAL:
                end_campaign(campaign, Campaign.State.STOPPED, why, by=by)


def _stop_execution(execution: Execution, approval: Approval | None, why: str, by: Actor) -> None:
    lease = execution.lease
    held = lease is not None and lease.state != Lease.State.RELEASED
    if execution.state == Execution.State.QUEUED and not held:
        conclude.end(execution, Execution.Ending.STOPPED, conclude.stays(execution), why, "stopped")
        if approval is not None:
            withdraw(approval, why, by=_as_system(by))
        return
    Execution.objects.filter(pk=execution.pk).update(stop_requested=True, steered_by=by.label[:150])
    publish(f"campaign:{execution.iteration.campaign_id}", "note", {"message": why})


def _lock(execution: Execution, seen: Lease | None) -> Execution:
    """The execution as it is now, until the transaction ends; raises _Changed when it got another lease meanwhile."""
    locked_now = _executions().select_for_update(of=("self",)).get(pk=execution.pk)
    if locked_now.lease_id != (seen.pk if seen is not None else None) or locked_now.state == Execution.State.ENDED:
        raise _Changed("its execution went on")
    return locked_now


def _open_execution(campaign: Campaign) -> Execution | None:
    return _executions().filter(iteration__campaign=campaign).exclude(state=Execution.State.ENDED).first()


def _executions() -> QuerySet[Execution]:
    return Execution.objects.select_related("approval", "lease", "iteration__campaign__environment__machine")


def _lock_open_approval(campaign: Campaign) -> Approval | None:
    """The approval of the last iteration if it is open, locked until the transaction ends."""
    last = campaign.iterations.order_by("-number").first()
    if last is None or last.approval_id is None:
        return None
    approval = locked(last.approval_id)
    return approval if approval.state in OPEN_APPROVAL else None


def _as_system(by: Actor) -> Actor:
    """The same name acting through xoptweb: whether it may was checked for the campaign."""
    return Actor(user=None, via=by.via, name=by.label, correlation=by.correlation)
