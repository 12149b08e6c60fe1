"""What people approve about campaigns: executions, and restores to before a campaign."""

from typing import Any

from django.utils import timezone

from controls.gate.envelope import Envelope
from optimizer.configuration import Configuration
from optimizer.execution import conclude
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution, Iteration, Stage, StageRecord
from optimizer.restoring.task import TASK as RESTORE_TASK
from optimizer.services.ending import end_campaign
from optimizer.services.revising import await_changes, stage_event
from optimizer.setpoints import require_unmoved
from xoptweb.actors import Actor
from xoptweb.approvals.kinds import Kind, register
from xoptweb.approvals.models import Approval
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.work.services import enqueue

State = Approval.State


def subject_pk(approval: Approval) -> int:
    """The primary key in `app.model:pk`."""
    return int(approval.subject.partition(":")[2])


@register
class ExecutionKind(Kind):
    """An iteration's execution."""

    name = "execution"
    title = "Execution"
    template = "approvals/kinds/execution.html"

    def context(self, approval: Approval) -> dict[str, Any]:
        """The configuration and the campaign, beside the content itself."""
        iteration = _iteration(approval)
        return {
            "content": approval.content,
            "configuration": Configuration.model_validate(approval.content["configuration"]),
            "iteration": iteration,
            "campaign": iteration.campaign,
            "machine": iteration.campaign.environment.machine,
        }

    def still_valid(self, approval: Approval) -> None:
        """The campaign waits for this very approval, the machine is armed and stands where it was shown.

        Raises:
            Conflict: `superseded`, `not_armed` or `start_changed`.
            Unavailable: the present setpoints can't be read.
        """
        iteration = _iteration(approval)
        if iteration.campaign.state != Campaign.State.AWAITING_APPROVAL or iteration.approval_id != approval.pk:
            raise Conflict("The campaign does not wait for this approval any more.", code="superseded")
        machine = iteration.campaign.environment.machine
        if not machine.armed:
            raise Conflict(f"{machine.name} is not armed: arm it first, then approve.", code="not_armed")
        require_unmoved(machine, Envelope.model_validate(approval.envelope))

    def decided(self, approval: Approval, outcome: str, reason: str, by: Actor) -> None:
        """Queue the execution, return to configuration, or end the campaign."""
        iteration = _iteration(approval)
        if iteration.approval_id == approval.pk:
            DECIDED[State(outcome)](iteration, approval, reason, by)


@register
class RestoreKind(Kind):
    """Bringing the channels back to before a campaign."""

    name = "restore"
    title = "Restore to before a campaign"
    template = "approvals/kinds/restore.html"

    def context(self, approval: Approval) -> dict[str, Any]:
        campaign = _campaign(approval)
        return {"content": approval.content, "campaign": campaign, "machine": campaign.environment.machine}

    def still_valid(self, approval: Approval) -> None:
        """Raises Conflict when the machine is not armed, or stands elsewhere than was shown."""
        machine = _campaign(approval).environment.machine
        if not machine.armed:
            raise Conflict(f"{machine.name} is not armed: arm it first, then approve.", code="not_armed")
        require_unmoved(machine, Envelope.model_validate(approval.envelope))

    def decided(self, approval: Approval, outcome: str, reason: str, by: Actor) -> None:
        campaign = _campaign(approval)
        publish(f"campaign:{campaign.pk}", "restore", {"approval": approval.pk, "state": outcome, "by": by.label})
        if outcome == State.APPROVED:
            enqueue(
                RESTORE_TASK,
                {"approval": approval.pk},
                key=f"restore:{approval.pk}",
                correlation=f"campaign:{campaign.pk}",
            )


def _campaign(approval: Approval) -> Campaign:
    return Campaign.objects.select_related("environment__machine").get(pk=subject_pk(approval))


def _iteration(approval: Approval) -> Iteration:
    rows = Iteration.objects.select_related("campaign__environment__machine", "campaign__objective")
    return rows.get(pk=subject_pk(approval))


def _approved(iteration: Iteration, approval: Approval, reason: str, by: Actor) -> None:
    _close_record(iteration, f"{by.label}, {timezone.now():%H:%M}", reason)
    envelope = Envelope.model_validate(approval.envelope)
    execution = Execution.objects.create(
        iteration=iteration, approval=approval, evaluations_max=envelope.evaluations, seconds_max=envelope.seconds
    )
    record = StageRecord.objects.create(iteration=iteration, stage=Stage.EXECUTION, summary="waiting for a worker")
    publish(f"campaign:{iteration.campaign_id}", "stage", stage_event(record))
    announce(iteration.campaign, Campaign.State.EXECUTING, f"Approved by {by.label}; waiting for a worker.")
    conclude.enqueue_execution(execution)


def _rejected(iteration: Iteration, approval: Approval, reason: str, by: Actor) -> None:
    _close_record(iteration, f"rejected by {by.label}", reason)
    end_campaign(iteration.campaign, Campaign.State.REJECTED, f"Rejected by {by.label}: {reason}", by=by)


def _changes_requested(iteration: Iteration, approval: Approval, reason: str, by: Actor) -> None:
    _close_record(iteration, f"changes requested by {by.label}", reason)
    Iteration.objects.filter(pk=iteration.pk).update(changes_requested=reason)
    announce(iteration.campaign, Campaign.State.RUNNING, f"{by.label} requests changes: {reason}")
    await_changes(iteration, reason)


def _over(iteration: Iteration, approval: Approval, reason: str, by: Actor) -> None:
    """Expired or withdrawn, before or after it was approved."""
    withdrawn = approval.state == State.WITHDRAWN
    message = reason if withdrawn else f"The approval expired: {reason}."
    execution = Execution.objects.filter(iteration=iteration).select_related("iteration__campaign").first()
    if execution is not None:
        _end_unused(execution, message, withdrawn=withdrawn)
        return
    _close_record(iteration, "withdrawn" if withdrawn else "expired", reason)
    to = Campaign.State.STOPPED if withdrawn else Campaign.State.ABORTED
    end_campaign(iteration.campaign, to, message, by=by)


def _end_unused(execution: Execution, message: str, *, withdrawn: bool) -> None:
    """An approved execution that never began. One that runs has used its approval, so this is not called for it."""
    if execution.state != Execution.State.QUEUED:
        return
    ending = Execution.Ending.STOPPED if withdrawn else Execution.Ending.FAILED
    code = "stopped" if withdrawn else "approval_expired"
    conclude.end(execution, ending, conclude.stays(execution), message, code)


def _close_record(iteration: Iteration, summary: str, reason: str) -> None:
    """The open record of the approval stage says what was decided."""
    record = iteration.stages.filter(stage=Stage.APPROVAL, state=StageRecord.State.RUNNING).order_by("-round").first()
    if record is None:
        return
    record.state, record.summary, record.ended_at = StageRecord.State.DONE, summary[:200], timezone.now()
    record.reasoning = "\n".join(part for part in (record.reasoning, reason) if part)
    record.save(update_fields=["state", "summary", "reasoning", "ended_at"])
    publish(f"campaign:{iteration.campaign_id}", "stage", stage_event(record))


DECIDED = {
    State.APPROVED: _approved,
    State.REJECTED: _rejected,
    State.CHANGES_REQUESTED: _changes_requested,
    State.EXPIRED: _over,
    State.WITHDRAWN: _over,
}
