"""The demo facility without its IOC, and campaigns in any state, for tests of what pages and API show."""

import math
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from controls import facility
from controls.gate.envelope import Envelope
from controls.models import Lease, Machine, Snapshot, SnapshotValue, Write
from optimizer import facility as environments
from optimizer.configuration import Baseline, Configuration
from optimizer.configuration.envelope import to_envelope
from optimizer.configuration.template import Known, build
from optimizer.models import (
    Campaign,
    Environment,
    Evaluation,
    Execution,
    Iteration,
    Stage,
    StageModule,
    StageRecord,
    StageRun,
)
from optimizer.stages.approval import shown
from tests import demo_facility
from tests.people import PASSWORD
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import request

START = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}


def load_linac() -> Machine:
    """The demo facility's machine and environment."""
    by = system("tests")
    document = demo_facility.document()
    machine = facility.load(document, address_list="127.0.0.1", server_port=None, by=by)
    environments.load(document, machine, by=by)
    return machine


@pytest.fixture
def linac(db: None) -> Machine:
    return load_linac()


@pytest.fixture
def environment(linac: Machine) -> Environment:
    return Environment.objects.get()


def make_campaign(by: User, **changes: Any) -> Campaign:
    """A campaign in the state it is given, with an iteration that has been configured."""
    environment = Environment.objects.get()
    values: dict[str, Any] = {
        "environment": environment,
        "objective": environment.objectives.get(name="beam_size"),
        "sentence": "make the beam on the screen smaller",
        "requested_by": by,
        "state": Campaign.State.AWAITING_APPROVAL,
    }
    campaign = Campaign.objects.create(**values | changes)
    iteration = Iteration.objects.create(campaign=campaign, number=1, strategy="optimization")
    for stage in (Stage.STATE, Stage.DECISION, Stage.CONFIGURATION):
        StageRecord.objects.create(
            iteration=iteration,
            stage=stage,
            state=StageRecord.State.DONE,
            summary=f"{stage} done",
            reasoning=f"because of {stage}",
            ended_at=timezone.now(),
        )
    iteration.configuration = configuration(campaign).model_dump(mode="json")
    iteration.save()
    return campaign


def configuration(campaign: Campaign) -> Configuration:
    return build(campaign, "optimization", Known(START, Baseline(value=371.2, error=9.1, samples=20)), 7)


def ask_approval(campaign: Campaign, **changes: Any) -> Approval:
    """What the approval stage asks for."""
    iteration = campaign.iterations.get()
    envelope = envelope_of(iteration)
    asked: dict[str, Any] = {"by": Actor(user=campaign.requested_by), "correlation": f"campaign:{campaign.pk}"}
    approval = request(
        "execution",
        iteration,
        "40 evaluations on 3 channels",
        shown(iteration, Configuration.model_validate(iteration.configuration)),
        envelope.model_dump(mode="json"),
        **asked | changes,
    )
    Iteration.objects.filter(pk=iteration.pk).update(approval=approval)
    return approval


def envelope_of(iteration: Iteration) -> Envelope:
    machine = iteration.campaign.environment.machine
    return to_envelope(Configuration.model_validate(iteration.configuration), machine)


def execute(campaign: Campaign, evaluations: int, state: str = Execution.State.RUNNING) -> Execution:
    """An execution with so many evaluations, the last of them under way, the best of them number 7."""
    iteration = campaign.iterations.get()
    approval = iteration.approval or ask_approval(campaign)
    Approval.objects.filter(pk=approval.pk).update(state=Approval.State.USED)
    machine = campaign.environment.machine
    snapshot = Snapshot.objects.create(machine=machine, label="before")
    for name, value in START.items():
        SnapshotValue.objects.create(snapshot=snapshot, channel=machine.channels.get(name=name), value=value)
    Campaign.objects.filter(pk=campaign.pk).update(start_snapshot=snapshot)
    execution = Execution.objects.create(
        iteration=iteration, approval=approval, evaluations_max=40, seconds_max=600, state=state
    )
    Evaluation.objects.bulk_create(
        [_evaluation(execution, number, last=number == evaluations) for number in range(1, evaluations + 1)],
        batch_size=500,
    )
    execution.lease = _lease(execution, machine, snapshot)
    execution.save()
    execution.attempts.create(number=1, process="host:1:1", lease=execution.lease)
    return execution


def _evaluation(execution: Execution, number: int, *, last: bool) -> Evaluation:
    now = timezone.now()
    objective = 61.25 if number == 7 else 70.0 + 300 * math.exp(-number / 9)
    return Evaluation(
        execution=execution,
        number=number,
        state=Evaluation.State.MEASURING if last else Evaluation.State.COMPLETED,
        inputs={name: value + number % 5 for name, value in START.items()},
        outputs={} if last else {"beam_size": objective, "charge": 98.0},
        errors={} if last else {"beam_size": 3.1},
        objective=None if last else objective,
        feasible=None if last else True,
        ended_at=None if last else now + timedelta(seconds=2),
        started_at=now,
    )


def _lease(execution: Execution, machine: Machine, snapshot: Snapshot) -> Lease:
    return Lease.objects.create(
        machine=machine,
        holder=f"optimizer.execution:{execution.pk}",
        token=1,
        duration_s=10,
        process="host:1:1",
        lock_path="",
        snapshot=snapshot,
        stops_at_grant=0,
    )


def give_a_say(campaign: Campaign) -> None:
    """The environment's state identification has a module; in the campaign it was refused once, then accepted."""
    name = "xoptweb/state-identification"
    StageModule.objects.create(environment=campaign.environment, stage=Stage.STATE, module=name, by="peter")
    record = campaign.iterations.get().stages.get(stage=Stage.STATE)
    StageRecord.objects.filter(pk=record.pk).update(decided_by=f"{name}@1.0.0")
    for attempt, state in enumerate((StageRun.State.REFUSED, StageRun.State.ACCEPTED), start=1):
        problem = "Its answer is not of the form that the stage needs. state: is missing" if attempt == 1 else ""
        StageRun.objects.create(
            record=record, attempt=attempt, module=f"{name}@1.0.0", number=attempt, state=state, problem=problem,
            digest=64 * "a", tunables={"prompt": {"from": "module", "number": 3, "sha256": 12 * "b"}}, tokens_in=2060,
            tokens_out=31, cost=0.0031, seconds=1.6,
        )  # fmt: skip


def add_write(execution: Execution, **changes: Any) -> Write:
    assert execution.lease is not None
    channel = execution.lease.machine.channels.get(name="Q1")
    values: dict[str, Any] = {"token": 1, "sequence": 1, "purpose": "evaluate", "evaluation": 1, "value": 11.0}
    return Write.objects.create(lease=execution.lease, channel=channel, **values | {"outcome": "confirmed"} | changes)


def log_in(client: Client, user: User) -> Client:
    """By the page, so that the password counts as given now."""
    response = client.post("/login/", {"username": user.username, "password": PASSWORD})
    assert response.status_code == 302
    return client
