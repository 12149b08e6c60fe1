"""Pausing, resuming, finishing and stopping: what is asked for, recorded once, and by whom."""

from collections.abc import Callable

import pytest

from controls.models import Lease
from controls.services.stopping import stop_machine
from optimizer.models import Campaign, Environment, Execution
from optimizer.services import campaigns
from tests.optimizer.world import acting, due, executing, request
from tests.people import person
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, NotAllowed
from xoptweb.live.models import Event
from xoptweb.work.models import Work

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
    campaign = campaigns.stop(request(olga), by=acting(olga), reason="wrong variables")
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
