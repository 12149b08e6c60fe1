"""What runs is what was approved, or nothing runs."""

from typing import Any

import pytest
from django.utils import timezone

from controls.connectors.base import ConnectorError
from controls.leases.end import park
from controls.leases.grant import Grant, acquire
from controls.leases.upkeep import Upkeep
from controls.models import Channel, ChannelLock, Lease, Machine
from controls.services.arming import arm, disarm
from controls.services.stopping import stop_machine
from controls.stopfile import pull
from optimizer.execution import attempt
from optimizer.execution.attempt import take_lease
from optimizer.execution.starting import begin, refuse
from optimizer.models import Campaign, Criterion, Execution
from tests.controls.gate.conftest import World
from tests.optimizer.world import acting
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.config import config
from xoptweb.errors import Conflict


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ({"address": "Q2"}, "address"),
        ({"tolerance": 2.0}, "tolerance 2, was 0.1"),
        ({"settle_s": 0.0}, "settle time 0 s, was 0.1 s"),
        ({"readback": ""}, "readback none, was "),
        ({"units": "mrad"}, "units mrad, were none"),
        ({"writable": False}, "not writable any more"),
    ],
)
def test_a_channel_that_is_another_one_than_was_approved_is_not_written(
    world: World, execution: Execution, change: dict[str, object], said: str
) -> None:
    if "address" in change:  # the other quadrupole, which stands where Q1 was shown to stand
        change = {"address": world.q2.address}
        Channel.objects.filter(pk=world.q2.pk).update(address=world.ioc.pv("LI01:QUAD:03:K1"))
        world.outside.put(world.q2.address, 10.0)
    Channel.objects.filter(pk=world.q1.pk).update(**change)
    plan = begin(execution.pk)
    assert plan is not None
    count = len(world.puts())
    with pytest.raises(Conflict, match=said) as refused:
        take_lease(plan, world.connector)
    assert refused.value.code == "channel_changed"
    assert len(world.puts()) == count
    assert not Lease.objects.exists()


def test_disarming_also_means_what_was_approved_and_waited(world: World, execution: Execution, peter: User) -> None:
    Approval.objects.filter(pk=execution.approval_id).update(decided_at=timezone.now())
    disarm(world.machine, by=acting(peter), reason="somebody is in the tunnel")
    arm(world.machine, by=acting(peter))
    plan = begin(execution.pk)
    assert plan is not None
    with pytest.raises(Conflict, match="disarmed and armed again after this was approved") as refused:
        take_lease(plan, world.connector)
    assert refused.value.code == "armed_again"
    assert not Lease.objects.exists()


def test_an_approval_on_an_armed_machine_holds(world: World, execution: Execution, peter: User) -> None:
    disarm(world.machine, by=acting(peter), reason="somebody is in the tunnel")
    arm(world.machine, by=acting(peter))
    Approval.objects.filter(pk=execution.approval_id).update(decided_at=timezone.now())
    plan = begin(execution.pk)
    assert plan is not None
    take_lease(plan, world.connector)[0].close()


def criterion(execution: Execution, channel: Channel, above: float) -> Criterion:
    environment = execution.iteration.campaign.environment
    return Criterion.objects.create(environment=environment, name="focused", channel=channel, operator=">", value=above)


def test_a_machine_that_is_ready_begins(world: World, execution: Execution) -> None:
    criterion(execution, world.q1, above=9.0)
    plan = begin(execution.pk)
    assert plan is not None
    take_lease(plan, world.connector)[0].close()


def test_a_machine_that_is_not_ready_any_more_is_not_moved(world: World, execution: Execution) -> None:
    criterion(execution, world.q1, above=11.0)
    plan = begin(execution.pk)
    assert plan is not None
    with pytest.raises(Conflict) as refused:
        take_lease(plan, world.connector)
    refuse(plan, refused.value)
    execution.refresh_from_db()
    assert (execution.state, execution.code) == (Execution.State.ENDED, "not_ready")
    assert "focused: 10 is not > 11" in execution.message
    assert Campaign.objects.get().final == Campaign.Final.NOT_MOVED
    assert world.puts() == []


def test_a_machine_of_which_not_all_is_known_is_not_moved(world: World, execution: Execution) -> None:
    gone = Channel.objects.create(machine=world.machine, name="gone", address=world.ioc.pv("NOBODY:SERVES:THIS"))
    criterion(execution, gone, above=0.0)
    plan = begin(execution.pk)
    assert plan is not None
    with pytest.raises(ConnectorError, match="THIS") as refused:
        take_lease(plan, world.connector)
    refuse(plan, refused.value)
    execution.refresh_from_db()
    assert (execution.state, execution.code) == (Execution.State.ENDED, "unreachable")
    assert Campaign.objects.get().final == Campaign.Final.NOT_MOVED
    assert not Lease.objects.exists()


def test_an_environment_that_was_given_to_another_machine_runs_nothing_there(
    world: World, execution: Execution
) -> None:
    other = Machine.objects.create(slug="other", name="Other", armed=True, address_list="127.0.0.1")
    execution.iteration.campaign.environment.machine = other
    execution.iteration.campaign.environment.save()
    plan = begin(execution.pk)
    assert plan is not None
    with pytest.raises(Conflict, match="not for other"):
        take_lease(plan, world.connector)
    assert not Lease.objects.exists()


def test_a_channel_that_moves_while_the_lease_is_taken_is_found_and_given_back(
    world: World, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = begin(execution.pk)
    assert plan is not None

    def moved_first(*given: Any, **more: Any) -> Grant:
        world.outside.put(world.q1.address, 12.0)
        return acquire(*given, **more)

    monkeypatch.setattr(attempt, "acquire", moved_first)
    with pytest.raises(Conflict, match=r"Q1 is at 12\.0, approved was 10") as refused:
        take_lease(plan, world.connector)
    assert refused.value.code == "start_changed"
    assert Lease.objects.get().state == Lease.State.RELEASED
    assert not ChannelLock.objects.exists()


def test_content_that_was_changed_after_its_first_attempt_does_not_run_in_the_next(
    world: World, execution: Execution
) -> None:
    assert begin(execution.pk) is not None
    approval = execution.approval
    assert Approval.objects.get(pk=approval.pk).state == Approval.State.USED
    wider = dict(approval.envelope or {}) | {"evaluations": 9999}
    Approval.objects.filter(pk=approval.pk).update(envelope=wider)
    Execution.objects.filter(pk=execution.pk).update(state=Execution.State.QUEUED)
    assert begin(execution.pk) is None
    execution.refresh_from_db()
    assert (execution.state, execution.code) == (Execution.State.ENDED, "content_changed")
    assert Campaign.objects.get().final == Campaign.Final.NOT_MOVED


def test_channels_of_a_long_pause_go_back_where_the_content_was_changed(world: World, execution: Execution) -> None:
    plan = begin(execution.pk)
    assert plan is not None
    grant, _ = take_lease(plan, world.connector)
    park(grant.lease)
    grant.close()
    Execution.objects.filter(pk=execution.pk).update(state=Execution.State.PAUSED, lease=grant.lease)
    Approval.objects.update(content={**execution.approval.content, "evaluations": 9999})
    assert begin(execution.pk) is None
    execution.refresh_from_db()
    assert (execution.state, execution.ending) == (Execution.State.RESTORING, Execution.Ending.FAILED)
    assert Lease.objects.get().state == Lease.State.RESTORING


@pytest.mark.parametrize("by_file_alone", [False, True])
def test_a_stop_that_comes_before_the_lease_is_there_stops_it(
    world: World, execution: Execution, olga: User, *, by_file_alone: bool
) -> None:
    plan = begin(execution.pk)
    assert plan is not None
    if by_file_alone:
        pull(config().home, world.machine.slug, by="a shell", reason="the database is locked")
    else:
        stop_machine(world.machine, by=acting(olga))
        Execution.objects.update(stop_requested=False)  # as where the campaign could not be told
    grant, _ = take_lease(plan, world.connector)
    try:
        wait_until(lambda: grant.standing.stopped, 5, what="the stop")
        assert not grant.writer.standing.may_move()
    finally:
        grant.close()


def test_what_a_person_asked_for_meanwhile_is_known_before_the_first_put(
    world: World, execution: Execution, monkeypatch: pytest.MonkeyPatch
) -> None:
    plan = begin(execution.pk)
    assert plan is not None
    monkeypatch.setattr(Upkeep, "_ask", lambda _: None)  # nothing beside it is faster
    grant, flags = take_lease(plan, world.connector)
    Execution.objects.filter(pk=execution.pk).update(stop_requested=True, steered_by="olga")
    try:
        attempt._Attempt(plan, world.connector, grant, flags).run()
    finally:
        grant.close()
    execution.refresh_from_db()
    assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.STOPPED)
    assert world.puts() == []
