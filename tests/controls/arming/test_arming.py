"""The arm switch."""

from datetime import timedelta

import pytest
from django.utils import timezone

from controls.models import Lease, Machine, Snapshot
from controls.services.arming import arm, disarm, disarm_idle, owed
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.audit.models import Entry
from xoptweb.config import config
from xoptweb.errors import ConfirmationNeeded, Conflict, NotAllowed
from xoptweb.live.services import events_after

pytestmark = pytest.mark.django_db


@pytest.fixture
def machine() -> Machine:
    return Machine.objects.create(slug="linac", name="Linac")


@pytest.fixture
def physicist(peter: User) -> Actor:
    return Actor(user=peter, via="web", confirmed_at=timezone.now())


def lease(machine: Machine, state: str) -> Lease:
    return Lease.objects.create(
        machine=machine,
        holder="optimizer.execution:1",
        state=state,
        token=1,
        duration_s=10,
        process="host:1:1",
        lock_path="/dev/null",
        snapshot=Snapshot.objects.create(machine=machine, label="before"),
        stops_at_grant=0,
    )


def idle(machine: Machine) -> None:
    long_ago = timezone.now() - timedelta(seconds=config().disarm_after_s + 60)
    Machine.objects.filter(pk=machine.pk).update(armed=True, active_at=long_ago)


def test_a_physicist_arms_and_it_is_recorded_and_shown(machine: Machine, physicist: Actor) -> None:
    arm(machine, by=physicist)
    machine.refresh_from_db()
    assert machine.armed
    assert machine.armed_by == physicist.user
    assert machine.active_at is not None
    assert Entry.objects.get().action == "machine.armed"
    assert [event.kind for event in events_after("machine:linac", 0)] == ["armed"]


def test_an_operator_does_not_arm(machine: Machine, olga: User) -> None:
    with pytest.raises(NotAllowed):
        arm(machine, by=Actor(user=olga, via="web", confirmed_at=timezone.now()))
    machine.refresh_from_db()
    assert not machine.armed


def test_arming_asks_for_the_password_when_the_login_is_old(machine: Machine, peter: User) -> None:
    long_ago = timezone.now() - timedelta(seconds=config().reauthenticate_s + 1)
    with pytest.raises(ConfirmationNeeded):
        arm(machine, by=Actor(user=peter, via="web", confirmed_at=long_ago))
    machine.refresh_from_db()
    assert not machine.armed


def test_no_part_of_xoptweb_arms_by_itself(machine: Machine) -> None:
    with pytest.raises(NotAllowed):
        arm(machine, by=system("beat"))


def test_an_armed_machine_is_not_armed_twice(machine: Machine, physicist: Actor) -> None:
    arm(machine, by=physicist)
    with pytest.raises(Conflict) as problem:
        arm(machine, by=physicist)
    assert problem.value.code == "already_armed"
    assert Entry.objects.count() == 1


@pytest.mark.parametrize("state", [Lease.State.RESTORING, Lease.State.WAITING, Lease.State.QUIET])
def test_arming_offers_what_is_not_restored_yet(machine: Machine, physicist: Actor, state: str) -> None:
    open_lease = lease(machine, state)
    assert arm(machine, by=physicist).owed == [open_lease] == owed(machine)
    assert events_after("machine:linac", 0)[-1].payload["owed"] == [open_lease.pk]


def test_disarming_needs_no_password(machine: Machine, physicist: Actor, peter: User) -> None:
    arm(machine, by=physicist)
    disarm(machine, by=Actor(user=peter, via="web"), reason="shift ends")
    machine.refresh_from_db()
    assert not machine.armed
    assert Entry.objects.latest("id").after == {"armed": False, "reason": "shift ends"}
    assert events_after("machine:linac", 1)[-1].payload == {"by": "peter", "reason": "shift ends"}


def test_disarming_what_is_disarmed_changes_and_records_nothing(machine: Machine, physicist: Actor) -> None:
    disarm(machine, by=physicist, reason="again")
    assert not Entry.objects.exists()


def test_an_operator_does_not_disarm(machine: Machine, physicist: Actor, olga: User) -> None:
    arm(machine, by=physicist)
    with pytest.raises(NotAllowed):
        disarm(machine, by=Actor(user=olga, via="web"), reason="")


def test_a_machine_without_an_execution_for_hours_disarms_itself(machine: Machine) -> None:
    idle(machine)
    assert disarm_idle() == [machine]
    machine.refresh_from_db()
    assert not machine.armed
    assert Entry.objects.get().who == "idle sweep"
    assert events_after("machine:linac", 0)[-1].payload["reason"] == "no execution for 8 h"


def test_a_machine_that_was_used_stays_armed(machine: Machine, physicist: Actor) -> None:
    arm(machine, by=physicist)
    assert disarm_idle() == []


@pytest.mark.parametrize("state", [Lease.State.HELD, Lease.State.RESTORING])
def test_a_machine_on_which_something_moves_stays_armed(machine: Machine, state: str) -> None:
    idle(machine)
    lease(machine, state)
    assert disarm_idle() == []


def test_a_lease_that_waits_for_a_person_does_not_keep_a_machine_armed(machine: Machine) -> None:
    idle(machine)
    lease(machine, Lease.State.WAITING)
    assert disarm_idle() == [machine]
