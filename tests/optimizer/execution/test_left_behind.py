"""Executions whose process is gone: what becomes of them once a real watchdog has dealt with their channels."""

from collections.abc import Callable, Iterator

import pytest
from django.db.models import F
from django.utils import timezone

from controls.leases.end import hand_over, park
from controls.models import ChannelLock, Lease, Machine
from controls.services import restoring
from controls.stopfile import pull
from controls.watchdog.process import Watchdog
from optimizer.execution import attempt, conclude
from optimizer.execution.attempt import take_lease
from optimizer.execution.reconcile import never_begun
from optimizer.execution.starting import begin, refuse
from optimizer.models import Campaign, Execution
from tests.controls.gate.conftest import World
from tests.controls.watchdog.conftest import short_quiet, watch
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.config import config
from xoptweb.errors import Conflict
from xoptweb.work.models import Work

__all__ = ["short_quiet", "watch"]

Ending, Final, State = Execution.Ending, Campaign.Final, Execution.State
Start = Callable[[], Watchdog]


@pytest.fixture
def lost(world: World, execution: Execution) -> Lease:
    """Its process moved Q1 to 13 and died."""
    plan = begin(execution.pk)
    assert plan is not None
    grant, flags = take_lease(plan, world.connector)
    made = attempt._Attempt(plan, world.connector, grant, flags)
    made._started()
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.record.flush()
    for part in (made.points, made.measuring, made.guards, grant):
        part.close()
    return Lease.objects.select_related("machine").get(pk=grant.lease.pk)


@pytest.fixture
def goes_on(execution: Execution) -> None:
    Campaign.objects.update(after_crash=Campaign.AfterCrash.RESUME)


@pytest.fixture
def frozen(world: World) -> Iterator[None]:
    world.ioc.freeze()
    yield
    world.ioc.thaw()


def became(execution: Execution, state: str) -> None:
    wait_until(lambda: Execution.objects.get(pk=execution.pk).state == state, 20, what=f"an execution that is {state}")
    execution.refresh_from_db()


def lease_is(state: str) -> None:
    wait_until(lambda: Lease.objects.get().state == state, 20, what=f"a lease that is {state}")


def test_a_lost_attempt_is_followed_by_another_where_that_is_the_policy(
    world: World, execution: Execution, lost: Lease, goes_on: None, watch: Start
) -> None:
    watch()
    became(execution, State.QUEUED)
    assert world.setpoint(world.q1) == 10.0
    assert Work.objects.get(name="optimizer.execute").arguments == {"execution": execution.pk}


@pytest.mark.parametrize("policy", Campaign.AfterCrash.values)
def test_channels_that_a_person_left_where_they_are_were_not_restored(
    world: World, execution: Execution, lost: Lease, watch: Start, peter: User, policy: str
) -> None:
    Campaign.objects.update(after_crash=policy)
    Machine.objects.update(armed=False)
    watch()
    lease_is(Lease.State.WAITING)
    restoring.accept(lost, "the beam is better so", by=Actor(peter, via="web", confirmed_at=timezone.now()))
    execution.refresh_from_db()
    assert (execution.state, execution.ending, execution.code) == (State.ENDED, Ending.FAILED, "not_restored")
    assert Campaign.objects.get().final == Final.NOT_RESTORED
    assert "left where they are" in execution.message
    assert world.setpoint(world.q1) == 13.0
    assert not ChannelLock.objects.exists()


def test_a_stop_that_reached_only_the_machine_ends_what_would_go_on(
    execution: Execution, lost: Lease, goes_on: None, watch: Start
) -> None:
    watch()
    lease_is(Lease.State.QUIET)
    Machine.objects.update(stops=F("stops") + 1)  # as where the campaign itself could not be told
    became(execution, State.ENDED)
    assert (execution.ending, Campaign.objects.get().final) == (Ending.STOPPED, Final.RESTORED)


def test_a_stop_by_the_file_alone_during_the_way_back_is_put_on_record(
    world: World, execution: Execution, lost: Lease, goes_on: None, watch: Start, frozen: None
) -> None:
    watch()
    lease_is(Lease.State.RESTORING)
    pull(config().home, world.machine.slug, by="a shell", reason="the database is locked")
    wait_until(lambda: Lease.objects.get().stop_requested, 20, what="a stop on record")
    world.ioc.thaw()
    became(execution, State.ENDED)
    assert (execution.ending, Campaign.objects.get().final) == (Ending.STOPPED, Final.RESTORED)
    assert world.setpoint(world.q1) == 10.0


def test_a_stop_by_the_file_alone_in_a_long_pause_ends_it(
    world: World, execution: Execution, lost: Lease, goes_on: None, watch: Start
) -> None:
    park(lost)
    Execution.objects.update(state=State.PAUSED, pause_requested=True)
    watchdog = watch()
    wait_until(lambda: lost.pk in watchdog._judge._stop_files, what="a watchdog that looks")
    pull(config().home, world.machine.slug, by="a shell", reason="the database is locked")
    became(execution, State.ENDED)
    assert (execution.ending, Campaign.objects.get().final) == (Ending.STOPPED, Final.RESTORED)
    assert "STOP by a shell" in execution.message
    assert world.setpoint(world.q1) == 10.0


def test_what_was_handed_over_undecided_follows_the_policy(
    execution: Execution, lost: Lease, goes_on: None, watch: Start
) -> None:
    execution.refresh_from_db()
    conclude.restoring(execution, "", "Interrupted: xoptweb is shutting down.")
    hand_over(lost)
    watch()
    became(execution, State.QUEUED)


@pytest.mark.parametrize(
    ("policy", "state"), [(Campaign.AfterCrash.RESUME, State.QUEUED), (Campaign.AfterCrash.RESTORE, State.ENDED)]
)
def test_a_process_on_another_host_that_died_before_its_lease_leaves_nothing_running(
    world: World, execution: Execution, policy: str, state: str
) -> None:
    Campaign.objects.update(after_crash=policy)
    assert begin(execution.pk) is not None
    execution.attempts.update(process="elsewhere:1:1")
    never_begun(execution.pk)
    execution.refresh_from_db()
    assert execution.state == state
    assert Campaign.objects.get().final == Final.NOT_MOVED
    assert not execution.attempts.filter(ended_at=None).exists()


def test_a_process_that_was_taken_for_dead_moves_nothing(world: World, execution: Execution) -> None:
    plan = begin(execution.pk)
    assert plan is not None
    never_begun(execution.pk)
    grant, flags = take_lease(plan, world.connector)
    try:
        attempt._Attempt(plan, world.connector, grant, flags).run()
    finally:
        grant.close()
    assert world.puts() == []
    assert Lease.objects.get().state == Lease.State.RELEASED
    execution.refresh_from_db()
    assert execution.lease is None


def test_what_was_approved_before_a_stop_does_not_begin(world: World, execution: Execution) -> None:
    Approval.objects.update(decided_at=timezone.now())
    Machine.objects.update(stopped_at=timezone.now())
    plan = begin(execution.pk)
    assert plan is not None
    with pytest.raises(Conflict, match="stopped after this was approved") as refused:
        take_lease(plan, world.connector)
    refuse(plan, refused.value)
    execution.refresh_from_db()
    assert (execution.state, execution.ending, execution.code) == (State.ENDED, Ending.STOPPED, "stopped")
    assert not Lease.objects.exists()
