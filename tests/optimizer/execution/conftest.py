"""An approved execution on two quadrupoles of the demo IOC, and the gate's world around it."""

from collections.abc import Iterator
from typing import Any

import pytest

from controls.gate.envelope import Envelope
from optimizer.configuration import Configuration, VariableRange
from optimizer.execution import attempt
from optimizer.execution.attempt import take_lease
from optimizer.execution.starting import begin
from optimizer.models import Campaign, Environment, Execution, Iteration, Objective
from tests.controls.gate.conftest import QUADRUPOLES, World, outside, world
from tests.optimizer.problems import configuration
from xoptweb.accounts.models import User
from xoptweb.actors import system
from xoptweb.approvals import services as approvals
from xoptweb.approvals.models import Approval

__all__ = ["outside", "world"]


def approved_configuration(world: World, **changes: Any) -> Configuration:
    """Both quadrupoles within ±20, from where they stand."""
    variables = {
        channel.name: VariableRange(
            channel=channel.name, address=channel.address, low=-20, high=20, start=QUADRUPOLES[channel.name][1],
            max_step=5, limit_low=-30, limit_high=30, tolerance=0.1, settle_s=0.1,
        )
        for channel in (world.q1, world.q2)
    }  # fmt: skip
    return configuration(**{"variables": variables, "observables": {}, "end": "restore", **changes})


@pytest.fixture
def approved() -> dict[str, Any]:
    """What a test approves otherwise: parts of the configuration."""
    return {}


@pytest.fixture
def execution(world: World, olga: User, approved: dict[str, Any]) -> Execution:
    """Approved and queued; nobody has begun it."""
    environment = Environment.objects.create(machine=world.machine, slug="focus", name="Focus")
    objective = Objective.objects.create(environment=environment, name="size", direction="minimize")
    campaign = Campaign.objects.create(
        environment=environment, sentence="smaller", objective=objective, requested_by=olga,
        state=Campaign.State.EXECUTING,
    )  # fmt: skip
    configured = approved_configuration(world, **approved)
    bounds = world.want(world.q1, world.q2).bounds or {}
    envelope = Envelope(
        machine=world.machine.slug, channels={c.name: bounds[c.pk] for c in (world.q1, world.q2)},
        evaluations=configured.evaluations, seconds=configured.seconds, end=configured.end,
    )  # fmt: skip
    iteration = Iteration.objects.create(campaign=campaign, number=1, configuration=configured.model_dump(mode="json"))
    content = {"configuration": configured.model_dump(mode="json")}
    approval = approvals.request(
        "execution", iteration, "test", content, envelope.model_dump(mode="json"), by=system("t")
    )
    Iteration.objects.filter(pk=iteration.pk).update(approval=approval)
    Approval.objects.filter(pk=approval.pk).update(state=Approval.State.APPROVED)
    return Execution.objects.create(
        iteration=iteration, approval=approval, evaluations_max=configured.evaluations, seconds_max=configured.seconds
    )


@pytest.fixture
def begun(world: World, execution: Execution) -> Iterator[attempt._Attempt]:
    """Its first attempt, which holds the lease and has moved nothing."""
    plan = begin(execution.pk)
    assert plan is not None
    grant, flags = take_lease(plan, world.connector)
    made = attempt._Attempt(plan, world.connector, grant, flags)
    made._started()
    yield made
    made.points.close()
    made.measuring.close()
    made.guards.close()
    grant.close()
