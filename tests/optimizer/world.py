"""The demo facility in the database, and what people do in it."""

from collections.abc import Mapping
from typing import Any

from django.utils import timezone

from controls import facility as machines
from controls.models import Lease, Machine, Snapshot
from optimizer import facility
from optimizer.configuration import Configuration
from optimizer.models import Campaign, Environment, Execution, Iteration, Stage, StageRecord
from optimizer.services.choices import parse
from optimizer.services.creating import create
from optimizer.stages.run import run
from tests import demo_facility
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.approvals import services as approvals
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide
from xoptweb.work.models import Work


def load_demo(*, prefix: str = "W:", port: int | None = None) -> Environment:
    """The demo machine, armed, with its environment."""
    document = demo_facility.document(prefix)
    machine = machines.load(document, address_list="127.0.0.1", server_port=port, by=system("tests"))
    Machine.objects.filter(pk=machine.pk).update(armed=True, active_at=timezone.now())
    environment = facility.load(document, machine, by=system("tests"))
    assert environment is not None
    return environment


def acting(user: User) -> Actor:
    return Actor(user, via="web", confirmed_at=timezone.now())


def request(user: User, **choices: Any) -> Campaign:
    """A campaign in the operator's usual words, with other choices where given."""
    given: dict[str, Any] = {"environment": "screen-focus", "sentence": "make the beam on the screen smaller"}
    return create(parse(given | choices), by=acting(user))


def due() -> list[Mapping[str, Any]]:
    """Arguments of the work that is due, oldest first."""
    return [row.arguments for row in Work.objects.filter(state=Work.State.DUE).order_by("id")]


def run_due_stages() -> list[str]:
    """Run what is due until it is done or waits for a person; which stages that were, in order."""
    ran = []
    while (row := Work.objects.filter(state=Work.State.DUE, name="optimizer.stage").order_by("id").first()) is not None:
        Work.objects.filter(pk=row.pk).update(state=Work.State.DONE)
        run(row.arguments["iteration"], Stage(row.arguments["stage"]), row.arguments["round"])
        ran.append(str(row.arguments["stage"]))
    return ran


def record_of(iteration: Iteration, stage: str) -> StageRecord:
    return iteration.stages.filter(stage=stage).order_by("-round")[0]


def iteration_of(campaign: Campaign) -> Iteration:
    return campaign.iterations.order_by("-number")[0]


def approve(approval: Approval, user: User) -> Approval:
    return decide(approval.pk, "approve", "", by=acting(user), digest=approval.digest)


def held_lease(machine: Machine, holder: str, state: str = Lease.State.HELD) -> Lease:
    """A lease as another process holds it."""
    return Lease.objects.create(
        machine=machine, holder=holder, state=state, token=1, duration_s=10, process="host:1:1", lock_path="/nowhere",
        snapshot=Snapshot.objects.create(machine=machine, label="before"), stops_at_grant=machine.stops,
    )  # fmt: skip


def executing(
    user: User,
    *,
    state: str = Execution.State.RUNNING,
    lease: str | None = Lease.State.HELD,
    configuration: Configuration | None = None,
    **choices: Any,
) -> Execution:
    """A campaign whose approved execution is in `state`, as a control worker would have left the rows."""
    campaign = request(user, **choices)
    Work.objects.all().delete()
    iteration = iteration_of(campaign)
    machine = campaign.environment.machine
    approval = approvals.request("execution", iteration, "test", {}, None, by=acting(user))
    Approval.objects.filter(pk=approval.pk).update(state=Approval.State.USED)
    stored = configuration.model_dump(mode="json") if configuration is not None else None
    Iteration.objects.filter(pk=iteration.pk).update(approval=approval, configuration=stored, strategy="optimization")
    execution = Execution.objects.create(
        iteration=iteration, approval=approval, state=state, evaluations_max=20, seconds_max=600.0
    )
    if lease is not None:
        execution.lease = held_lease(machine, f"optimizer.execution:{execution.pk}", lease)
        execution.save(update_fields=["lease"])
    if state != Execution.State.QUEUED:
        execution.attempts.create(number=1, process="host:1:1")
    shown = Campaign.State.PAUSED if state == Execution.State.PAUSED else Campaign.State.EXECUTING
    Campaign.objects.filter(pk=campaign.pk).update(state=shown)
    StageRecord.objects.create(iteration=iteration, stage=Stage.EXECUTION)
    return Execution.objects.select_related("iteration__campaign", "lease").get(pk=execution.pk)
