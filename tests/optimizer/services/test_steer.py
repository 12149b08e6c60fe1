"""Pausing, resuming, finishing and stopping: what is asked for, recorded once, and by whom."""

import socket
from collections.abc import Callable

import pytest

from controls.models import Lease, Restore
from controls.services.stopping import stop_machine
from optimizer.execution import conclude
from optimizer.models import Campaign, Environment, Execution, StageRecord
from optimizer.services import campaigns
from tests.optimizer.world import acting, due, executing, held_lease, request
from tests.people import person
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, NotAllowed
from xoptweb.live.models import Event
from xoptweb.work.models import Work
from xoptweb.work.sweeping import free_dead_claims

State = Campaign.State


def test_a_pause_is_asked_for_once(demo: Environment, olga: User) -> None:
    execution = executing(olga)
    campaigns.pause(execution.iteration.campaign, by=acting(olga))
    execution.refresh_from_db()
    assert execution.pause_requested
    with pytest.raises(Conflict, match="pauses already"):
        campaigns.pause(execution.iteration.campaign, by=acting(olga))
    assert Entry.objects.filter(action="campaign.pause", who="olga").count() == 1


def test_resuming_a_short_pause_leaves_it_to_its_worker(demo: Environment, olga: User) -> None:
    execution = executing(olga, state=Execution.State.PAUSED)
    Execution.objects.update(pause_requested=True)
    campaigns.resume(execution.iteration.campaign, by=acting(olga))
    execution.refresh_from_db()
    assert not execution.pause_requested
    assert due() == []


def test_resuming_a_long_pause_calls_a_worker_once(demo: Environment, olga: User) -> None:
    execution = executing(olga, state=Execution.State.PAUSED, lease=Lease.State.PARKED)
    Execution.objects.update(pause_requested=True)
    campaign = execution.iteration.campaign
    campaigns.resume(campaign, by=acting(olga))
    with pytest.raises(Conflict, match="goes on already"):
        campaigns.resume(campaign, by=acting(olga))
    work = Work.objects.get()
    assert (work.name, work.queue, work.arguments) == (
        "optimizer.execute", "control.demo-linac", {"execution": execution.pk},
    )  # fmt: skip


def test_finishing_a_long_pause_calls_a_worker_too(demo: Environment, olga: User) -> None:
    execution = executing(olga, state=Execution.State.PAUSED, lease=Lease.State.PARKED)
    Execution.objects.update(pause_requested=True)
    campaigns.finish(execution.iteration.campaign, by=acting(olga))
    execution.refresh_from_db()
    assert (execution.finish_requested, execution.pause_requested) == (True, False)
    assert due() == [{"execution": execution.pk}]


def test_a_stop_reaches_execution_and_lease(demo: Environment, olga: User, peter: User) -> None:
    execution = executing(olga)
    campaigns.stop(execution.iteration.campaign, by=acting(peter), reason="noise")
    execution.refresh_from_db()
    assert execution.stop_requested
    assert execution.lease is not None
    assert execution.lease.stop_requested
    assert execution.lease.stop_reason == "Stopped by peter: noise."
    assert Entry.objects.get(action="campaign.stop").who == "peter"


def test_a_stop_of_what_no_worker_has_taken_ends_it_unmoved(demo: Environment, olga: User) -> None:
    execution = executing(olga, state=Execution.State.QUEUED, lease=None)
    Approval.objects.update(state=Approval.State.APPROVED)
    campaigns.stop(execution.iteration.campaign, by=acting(olga))
    execution.refresh_from_db()
    assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.STOPPED)
    assert Approval.objects.get().state == Approval.State.WITHDRAWN
    assert [row["stage"] for row in due()] == ["analysis"]
    assert execution.iteration.campaign.final == Campaign.Final.NOT_MOVED


def test_a_stop_while_it_thinks_ends_it(demo: Environment, olga: User) -> None:
    campaign = request(olga)
    StageRecord.objects.create(iteration=campaign.iterations.get(), stage="state", round=1)
    campaign = campaigns.stop(campaign, by=acting(olga), reason="wrong variables")
    record = StageRecord.objects.get()
    assert (record.state, record.summary) == ("failed", "stopped"), "what was stopped did not conclude"
    assert (campaign.state, campaign.message) == (State.STOPPED, "Stopped by olga: wrong variables.")
    assert campaign.ended_at is not None
    with pytest.raises(Conflict, match="stopped"):
        campaigns.stop(campaign, by=acting(olga))


@pytest.mark.parametrize("verb", [campaigns.pause, campaigns.resume, campaigns.finish])
def test_what_does_not_execute_is_not_steered(verb: Callable[..., Campaign], demo: Environment, olga: User) -> None:
    with pytest.raises(Conflict, match="thinking"):
        verb(request(olga), by=acting(olga))


@pytest.mark.parametrize("verb", [campaigns.pause, campaigns.resume, campaigns.finish, campaigns.stop])
def test_an_observer_steers_nothing(verb: Callable[..., Campaign], demo: Environment, olga: User, vera: User) -> None:
    execution = executing(olga)
    with pytest.raises(NotAllowed):
        verb(execution.iteration.campaign, by=acting(vera))
    execution.refresh_from_db()
    assert not any((execution.pause_requested, execution.finish_requested, execution.stop_requested))


def test_who_may_stop_but_not_run_campaigns_stops(demo: Environment, olga: User) -> None:
    execution = executing(olga)
    campaigns.stop(execution.iteration.campaign, by=acting(person("mia", "module developer")))
    execution.refresh_from_db()
    assert execution.stop_requested


def test_a_token_for_campaigns_stops_its_campaigns(demo: Environment, olga: User) -> None:
    execution = executing(olga)
    by = Actor(olga, via="api", token=ApiToken(user=olga, name="script", scopes=["campaigns"]))
    campaigns.stop(execution.iteration.campaign, by=by)
    execution.refresh_from_db()
    assert execution.stop_requested
    assert Entry.objects.get(action="campaign.stop").token == "script"


def test_the_stop_button_reaches_campaigns_wherever_they_are(demo: Environment, olga: User, peter: User) -> None:
    running = executing(olga)
    thinking = request(olga, pinned={"variables": {"CV": None}})
    report = stop_machine(demo.machine, by=acting(peter))
    running.refresh_from_db()
    thinking.refresh_from_db()
    assert running.stop_requested
    assert thinking.state == State.STOPPED
    assert "STOP by peter" in thinking.message
    assert str(thinking.pk) in report.message


def test_steering_is_told_on_the_campaigns_stream(demo: Environment, olga: User) -> None:
    campaign = executing(olga).iteration.campaign
    campaigns.pause(campaign, by=acting(olga))
    event = Event.objects.filter(stream=f"campaign:{campaign.pk}").order_by("-number")[0]
    assert (event.kind, event.payload["message"]) == (
        "state", "olga asked to pause: the present evaluation is finished.",
    )  # fmt: skip


def worker_dies() -> None:
    """The one that has claimed the execution is gone before it has begun."""
    of_it = Work.objects.filter(name="optimizer.execute")
    assert of_it.update(state=Work.State.CLAIMED, attempts=1, claimed_by=f"{socket.gethostname()}:999999999:1") == 1
    assert free_dead_claims() == 1


@pytest.mark.parametrize("attempts", [0, 1])
def test_an_execution_whose_worker_dies_before_it_begins_ends(demo: Environment, olga: User, attempts: int) -> None:
    execution = executing(olga, state=Execution.State.QUEUED, lease=None)
    if attempts:
        execution.lease = held_lease(demo.machine, f"optimizer.execution:{execution.pk}", Lease.State.RELEASED)
        execution.lease.restores.create(snapshot=execution.lease.snapshot, by="watchdog", state=Restore.State.DONE)
        execution.save()
        execution.attempts.create(number=1, process="host:1:1", lease=execution.lease)
    conclude.enqueue_execution(execution)
    worker_dies()
    execution.refresh_from_db()
    assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.FAILED)
    assert Campaign.objects.get().final == (Campaign.Final.RESTORED if attempts else Campaign.Final.NOT_MOVED)


def test_a_long_pause_whose_new_worker_dies_can_be_resumed_again(demo: Environment, olga: User) -> None:
    execution = executing(olga, state=Execution.State.PAUSED, lease=Lease.State.PARKED)
    Execution.objects.update(pause_requested=True)
    campaign = execution.iteration.campaign
    campaigns.resume(campaign, by=acting(olga))
    worker_dies()
    campaign.refresh_from_db()
    assert "Resume again" in campaign.message
    campaigns.resume(campaign, by=acting(olga))
    assert due() == [{"execution": execution.pk}]


@pytest.mark.parametrize("steer", [campaigns.resume, campaigns.finish])
@pytest.mark.parametrize("code", ["guard", "foreign_write"])
def test_no_program_goes_on_where_xoptweb_paused_by_itself(
    demo: Environment, olga: User, steer: Callable[..., Campaign], code: str
) -> None:
    execution = executing(olga, state=Execution.State.PAUSED)
    Execution.objects.update(pause_requested=True, code=code, message="Paused: Q1 is at 3: somebody else moved it.")
    program = Actor(olga, via="api", token=ApiToken(user=olga, name="agent", scopes=["campaigns"]))
    with pytest.raises(NotAllowed, match="A person has to look first") as refused:
        steer(execution.iteration.campaign, by=program)
    assert refused.value.code == "person_needed"
    execution.refresh_from_db()
    assert (execution.pause_requested, execution.finish_requested) == (True, False)
    Execution.objects.update(code="")
    steer(execution.iteration.campaign, by=program)
    Execution.objects.update(pause_requested=True, finish_requested=False, code=code)
    steer(execution.iteration.campaign, by=acting(olga))
