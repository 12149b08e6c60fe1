"""An approved execution on two quadrupoles of the demo IOC, and the gate's world around it."""

import pytest

from controls.gate.envelope import Envelope
from optimizer.configuration import Configuration, VariableRange
from optimizer.models import Campaign, Environment, Execution, Iteration, Objective
from tests.controls.gate.conftest import QUADRUPOLES, World, outside, world
from tests.optimizer.problems import configuration
from xoptweb.accounts.models import User
from xoptweb.actors import system
from xoptweb.approvals import services as approvals
from xoptweb.approvals.models import Approval

__all__ = ["outside", "world"]


def approved_configuration(world: World) -> Configuration:
    """Both quadrupoles within ±20, from where they stand."""
    variables = {
        channel.name: VariableRange(
            channel=channel.name, address=channel.address, low=-20, high=20, start=QUADRUPOLES[channel.name][1],
            max_step=5, limit_low=-30, limit_high=30, tolerance=0.1, settle_s=0.1,
        )
        for channel in (world.q1, world.q2)
    }  # fmt: skip
    return configuration(variables=variables, observables={}, end="restore")


@pytest.fixture
def execution(world: World, olga: User) -> Execution:
    """Approved and queued; nobody has begun it."""
    environment = Environment.objects.create(machine=world.machine, slug="focus", name="Focus")
    objective = Objective.objects.create(environment=environment, name="size", direction="minimize")
    campaign = Campaign.objects.create(
        environment=environment, sentence="smaller", objective=objective, requested_by=olga,
        state=Campaign.State.EXECUTING,
    )  # fmt: skip
    approved = approved_configuration(world)
    bounds = world.want(world.q1, world.q2).bounds or {}
    envelope = Envelope(
        machine=world.machine.slug, channels={c.name: bounds[c.pk] for c in (world.q1, world.q2)},
        evaluations=20, seconds=600, end="restore",
    )  # fmt: skip
    iteration = Iteration.objects.create(campaign=campaign, number=1, configuration=approved.model_dump(mode="json"))
    content = {"configuration": approved.model_dump(mode="json")}
    approval = approvals.request(
        "execution", iteration, "test", content, envelope.model_dump(mode="json"), by=system("t")
    )
    Iteration.objects.filter(pk=iteration.pk).update(approval=approval)
    Approval.objects.filter(pk=approval.pk).update(state=Approval.State.APPROVED)
    return Execution.objects.create(iteration=iteration, approval=approval, evaluations_max=20, seconds_max=600)
