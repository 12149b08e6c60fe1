"""Whether what was approved may still begin: nobody disarmed the machine since, and it is as ready as it was."""

from controls.conditions import evaluate
from controls.connectors.base import Connector
from controls.models import Machine
from optimizer.models import Environment
from xoptweb.approvals.models import Approval
from xoptweb.config import config
from xoptweb.errors import Conflict


def require_armed_since(machine: Machine, approval: Approval) -> None:
    """Whoever disarmed the machine after the approval meant what was waiting, too. Raises Conflict `armed_again`."""
    if machine.armed_at is not None and approval.decided_at is not None and machine.armed_at > approval.decided_at:
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
