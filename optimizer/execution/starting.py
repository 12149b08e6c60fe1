"""Before anything moves: what runs is what was approved, or nothing runs."""

import logging
from collections.abc import Mapping

from django.utils import timezone

from controls.connectors.base import Connector, ConnectorError, Value
from controls.gate.ramp import same
from controls.models import Lease
from optimizer.execution import conclude
from optimizer.execution.adopting import parked_lease
from optimizer.execution.endings import Ending
from optimizer.execution.plan import Plan, load
from optimizer.models import Attempt, Execution
from optimizer.readiness import STOPPED, require_ready, require_undisturbed
from optimizer.setpoints import require_same_channels
from xoptweb.actors import system
from xoptweb.approvals.rows import locked
from xoptweb.approvals.services import check_content, use
from xoptweb.config import config
from xoptweb.errors import Conflict, Problem
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.process import identity

log = logging.getLogger(__name__)
ME = system("execution")


def begin(execution_id: int) -> Plan | None:
    """Claim a queued execution for this process. None when there is nothing to do."""
    plan = load(execution_id)
    if plan.execution.state == Execution.State.PAUSED and parked_lease(plan) is None:
        return None  # it pauses in a process that lives
    try:
        with transaction("an execution begins together with its attempt"):
            locked(plan.execution.approval_id)  # approvals are locked before executions, by everybody
            move(plan.execution, Execution.State.RUNNING, started_at=plan.execution.started_at or timezone.now())
            number = plan.execution.attempts.count() + 1
            Attempt.objects.create(execution=plan.execution, number=number, process=identity())
            check_content(plan.execution.approval)  # the very content of this plan, also where it is used already
            if plan.execution.approval.state != "used":
                use(plan.execution.approval_id, digest=plan.execution.approval.digest, by=ME)
    except Conflict as conflict:
        if conflict.code == "wrong_state":
            log.info("execution %s is not queued: nothing to do", execution_id)
            return None
        _not_begun(plan, conflict)
        return None
    return plan


def _not_begun(plan: Plan, conflict: Conflict) -> None:
    """The approval does not hold any more (used, expired, changed)."""
    plan.execution.refresh_from_db()
    if parked_lease(plan) is not None:
        refuse(plan, conflict)
        return
    final = conclude.stays(plan.execution)
    conclude.end(plan.execution, Ending.FAILED, final, conflict.message, conflict.code)


def check_start(plan: Plan, connector: Connector) -> None:
    """The machine still is as it was approved: armed since, ready, and each setpoint stands where it stood.

    Raises:
        Conflict: `stopped`, `armed_again`, `not_ready`, `channel_changed` or `start_changed`, saying what is different.
        ConnectorError: a channel does not answer.
    """
    require_undisturbed(plan.machine, plan.execution.approval)
    if plan.execution.lease is None:  # later attempts are the guards' to judge, which pause where that is asked for
        require_ready(plan.campaign.environment, connector)
    require_same_channels(plan.machine, plan.envelope)
    addresses = {name: bound.address for name, bound in plan.envelope.channels.items()}
    values = {name: connector.read(address, config().put_timeout_s).value for name, address in addresses.items()}
    require_start(plan, values)


def require_start(plan: Plan, values: Mapping[str, Value]) -> None:
    """`values` of the variables are the approved start, within each channel's tolerance. Raises Conflict as above."""
    moved = []
    for name, bound in plan.envelope.channels.items():
        value, channel = values[name], plan.channels[name]
        span = (channel.high or 0.0) - (channel.low or 0.0)
        if isinstance(value, str) or not (
            abs(value - bound.start) <= bound.tolerance or same(float(value), bound.start, span)
        ):
            moved.append(f"{name} is at {value!r}, approved was {bound.start:g}")
    if moved:
        raise Conflict(f"The machine moved since it was approved: {'; '.join(moved)}.", code="start_changed")


def refuse(plan: Plan, error: Problem | ConnectorError) -> None:
    """End an execution that could not begin; nothing has moved in this attempt."""
    if (parked := parked_lease(plan)) is not None:
        with transaction("a paused execution that can't go on is restored by the watchdog"):
            move(parked, Lease.State.RESTORING)
            conclude.restoring(plan.execution, Ending.FAILED, f"Could not go on: {error.message}")
        return
    final = conclude.stays(plan.execution)
    ending = Ending.STOPPED if error.code == STOPPED else Ending.FAILED
    conclude.end(plan.execution, ending, final, f"Not begun: {error.message}", error.code)
