"""Whether what was approved may still begin: nobody disarmed the machine since, and it is as ready as it was."""

from controls.conditions import evaluate
from controls.connectors.base import Connector
from controls.models import Machine
from optimizer.models import Environment
from xoptweb.approvals.models import Approval
from xoptweb.config import config
from xoptweb.errors import Conflict

STOPPED = "stopped"


def require_undisturbed(machine: Machine, approval: Approval) -> None:
    """Whoever stopped or disarmed the machine after the approval meant what was waiting, too.

    Raises:
        Conflict: `stopped` or `armed_again`.
    """
    decided = approval.decided_at
    if decided is None:
        return
    if machine.stopped_at is not None and machine.stopped_at > decided:
        raise Conflict(f"{machine.name} was stopped after this was approved: ask again.", code=STOPPED)
    if machine.armed_at is not None and machine.armed_at > decided:
        raise Conflict(
            f"{machine.name} was disarmed and armed again after this was approved: ask again.", code="armed_again"
        )


def require_ready(environment: Environment, connector: Connector) -> None:
    """Every readiness criterion holds now, not only when the campaign was asked for.

    Raises:
        Conflict: `not_ready`, with what does not hold or is not known.
        ConnectorError: a channel does not answer.
    """
    failing = []
    for criterion in environment.criteria.select_related("channel"):
        reading = connector.read(criterion.channel.address, config().put_timeout_s)
        verdict = evaluate(criterion.operator, criterion.value, reading)
        if not verdict.holds:
            failing.append(f"{criterion.name}: {verdict.reason}")
    if failing:
        raise Conflict(f"The machine is not ready any more: {'; '.join(failing)}.", code="not_ready")
