"""Pausing, resuming and finishing a campaign."""

from controls.models import Lease
from optimizer.execution import conclude
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, NotAllowed
from xoptweb.transactions import transaction


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
        NotAllowed: `by` may not run campaigns, or is a program where a person has to look first.
        Conflict: it does not pause.
    """
    require(by, "run_campaigns")
    with transaction("resuming and parking exclude each other"):
        execution = _executing(campaign, {Campaign.State.PAUSED, Campaign.State.EXECUTING})
        if not execution.pause_requested:
            raise Conflict("This campaign does not pause, or goes on already.", code="wrong_state")
        _require_a_person(execution, by)
        Execution.objects.filter(pk=execution.pk).update(pause_requested=False)
        _tell(campaign, by, "campaign.resume", f"{by.label} resumed it.")
        _take_up_if_parked(execution)
    return campaign


def finish(campaign: Campaign, *, by: Actor) -> Campaign:
    """Make no more evaluations after the present one, and come to rest as approved.

    Raises:
        NotAllowed: `by` may not run campaigns, or is a program where a person has to look first.
        Conflict: it does not execute.
    """
    require(by, "run_campaigns")
    with transaction("finishing early is asked for once"):
        execution = _executing(campaign, {Campaign.State.EXECUTING, Campaign.State.PAUSED})
        if execution.finish_requested:
            raise Conflict("This campaign finishes already.", code="wrong_state")
        _require_a_person(execution, by)
        Execution.objects.filter(pk=execution.pk).update(
            finish_requested=True, pause_requested=False, steered_by=by.label[:150]
        )
        _tell(campaign, by, "campaign.finish", f"{by.label} asked to finish here.")
        _take_up_if_parked(execution)
    return campaign


def _require_a_person(execution: Execution, by: Actor) -> None:
    """It paused by itself, for a guard or somebody else's write: going on is a person's consent. A program may stop."""
    program = by.token is not None or (by.user is not None and by.user.is_service)
    if program and execution.state == Execution.State.PAUSED and execution.code:
        raise NotAllowed(f"A person has to look first. {execution.message}", code="person_needed")


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


def _tell(campaign: Campaign, by: Actor, action: str, message: str) -> None:
    record(by, action, campaign)
    announce(campaign, Campaign.State(campaign.state), message)
