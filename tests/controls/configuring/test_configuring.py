"""Changing machines and channels, by the services and in the admin."""

import math
from typing import Any

import pytest
from django.test import Client
from django.urls import reverse

from controls.models import Channel, ChannelLock, Lease, Machine, Snapshot
from controls.services.configuring import save_channel, save_machine
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db


@pytest.fixture
def q1() -> Channel:
    machine = Machine.objects.create(slug="lab", name="Lab")
    return Channel.objects.create(
        machine=machine, name="Q1", address="LAB:Q1", writable=True, low=-1.0, high=1.0, max_step=0.1
    )


@pytest.fixture
def held(q1: Channel) -> Lease:
    lease = Lease.objects.create(
        machine=q1.machine, holder="optimizer.execution:7", token=1, duration_s=10, process="host:1:1",
        lock_path="/dev/null", snapshot=Snapshot.objects.create(machine=q1.machine), stops_at_grant=0,
    )  # fmt: skip
    ChannelLock.objects.create(channel=q1, lease=lease)
    return lease


def physicist(peter: User) -> Actor:
    return Actor(user=peter, via="web")


def test_a_change_is_audited_with_what_is_different(q1: Channel, peter: User) -> None:
    q1.high = 0.5
    save_channel(q1, by=physicist(peter))
    entry = Entry.objects.get()
    assert (entry.action, entry.who, entry.before, entry.after) == (
        "channel.changed", "peter", {"high": 1.0}, {"high": 0.5},
    )  # fmt: skip


def test_an_operator_does_not_change_limits(q1: Channel, olga: User) -> None:
    q1.high = 5.0
    with pytest.raises(NotAllowed):
        save_channel(q1, by=Actor(user=olga, via="web"))
    assert Channel.objects.get().high == 1.0


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"low": 2.0}, "__all__"),
        ({"max_step": None}, "max_step"),
        ({"high": math.inf}, "high"),
        ({"low": math.nan}, "low"),
        ({"tolerance": -1.0}, "tolerance"),
        ({"name": "Q 1"}, "name"),
    ],
)
def test_what_makes_no_sense_is_refused_by_its_name(
    q1: Channel, peter: User, change: dict[str, Any], field: str
) -> None:
    for name, value in change.items():
        setattr(q1, name, value)
    with pytest.raises(Invalid) as problem:
        save_channel(q1, by=physicist(peter))
    assert field in problem.value.fields
    assert not Entry.objects.exists()


def test_one_record_has_one_writable_channel_under_whatever_name(q1: Channel, peter: User) -> None:
    same = Channel(machine=q1.machine, name="again", address="LAB:Q1.VAL", writable=True, low=-1, high=1, max_step=0.1)
    with pytest.raises(Invalid, match="Q1 writes to the same process variable"):
        save_channel(same, by=physicist(peter))
    same.writable = False
    save_channel(same, by=physicist(peter))
    q1.description = "first quadrupole"
    save_channel(q1, by=physicist(peter))


def elsewhere(address_list: str, address: str = "LAB:Q1") -> Channel:
    """A writable channel of another machine."""
    machine = Machine.objects.create(slug="twin", name="Twin", address_list=address_list)
    return Channel(machine=machine, name="K1", address=address, writable=True, low=-1, high=1, max_step=0.1)


@pytest.mark.parametrize("found", ["10.0.0.7", "10.0.0.9 10.0.0.7:5064"])
def test_one_record_has_one_writable_channel_also_on_two_machines_of_one_control_system(
    q1: Channel, peter: User, found: str
) -> None:
    Machine.objects.update(address_list="10.0.0.7")
    other = elsewhere(found, "LAB:Q1.VAL")
    with pytest.raises(Invalid, match="Q1 of Lab writes to the same process variable"):
        save_channel(other, by=physicist(peter))


def test_a_simulated_machine_may_name_its_records_as_the_real_one(q1: Channel, peter: User) -> None:
    Machine.objects.update(address_list="10.0.0.7")
    simulated = elsewhere("10.0.0.7:6064")
    save_channel(simulated, by=physicist(peter))
    machine = simulated.machine
    machine.address_list = "10.0.0.7"
    with pytest.raises(Invalid, match="Q1 of Lab writes to the same process variable") as problem:
        save_machine(machine, by=physicist(peter))
    assert set(problem.value.fields) == {"address_list"}


def test_limits_do_not_change_under_a_writer(q1: Channel, held: Lease, peter: User) -> None:
    q1.high = 5.0
    with pytest.raises(Conflict, match=r"in use by optimizer\.execution:7; high can change"):
        save_channel(q1, by=physicist(peter))
    q1.high = 1.0
    q1.description = "first quadrupole"
    save_channel(q1, by=physicist(peter))


def test_a_machine_does_not_move_under_a_writer(q1: Channel, held: Lease, peter: User) -> None:
    machine = q1.machine
    machine.server_port = 5099
    with pytest.raises(Conflict, match="server_port can change"):
        save_machine(machine, by=physicist(peter))


def test_a_permit_is_a_channel_of_the_machine(q1: Channel, peter: User) -> None:
    other = Machine.objects.create(slug="other", name="Other", permit_channel=q1)
    with pytest.raises(Invalid) as problem:
        save_machine(other, by=physicist(peter))
    assert "permit_channel" in problem.value.fields


def test_saving_a_machine_leaves_the_arm_switch_alone(q1: Channel, peter: User) -> None:
    machine = q1.machine
    Machine.objects.filter(pk=machine.pk).update(armed=True, stops=3)
    machine.description = "in building 7"
    save_machine(machine, by=physicist(peter))
    machine.refresh_from_db()
    assert (machine.armed, machine.stops, machine.description) == (True, 3, "in building 7")


FORM = {
    "name": "Q1", "address": "LAB:Q1", "protocol": "ca", "readback": "", "description": "", "group": "", "units": "A",
    "precision": "3", "writable": "on", "low": "-1", "high": "0.5", "max_step": "0.1", "tolerance": "0",
    "settle_s": "0",
}  # fmt: skip


def test_a_physicist_edits_a_channel_in_the_admin(q1: Channel, peter: User, client: Client) -> None:
    User.objects.filter(pk=peter.pk).update(is_staff=True)
    client.force_login(peter)
    url = reverse("admin:controls_channel_change", args=[q1.pk])
    assert client.get(url).status_code == 200
    answer = client.post(url, FORM | {"machine": str(q1.machine_id)})
    assert answer.status_code == 302
    assert Channel.objects.get().high == 0.5
    assert Entry.objects.get(action="channel.changed").after == {"units": "A", "high": 0.5}


def test_the_admin_wants_a_step_for_a_writable_channel(q1: Channel, peter: User, client: Client) -> None:
    User.objects.filter(pk=peter.pk).update(is_staff=True)
    client.force_login(peter)
    url = reverse("admin:controls_channel_change", args=[q1.pk])
    answer = client.post(url, FORM | {"machine": str(q1.machine_id), "max_step": ""})
    assert answer.status_code == 200
    assert "A writable channel needs it." in answer.content.decode()


def test_the_admin_says_why_a_leased_channel_does_not_change(
    q1: Channel, held: Lease, peter: User, client: Client
) -> None:
    User.objects.filter(pk=peter.pk).update(is_staff=True)
    client.force_login(peter)
    url = reverse("admin:controls_channel_change", args=[q1.pk])
    answer = client.post(url, FORM | {"machine": str(q1.machine_id)})
    assert answer.status_code == 200
    assert "in use by optimizer.execution:7" in answer.content.decode()
    assert Channel.objects.get().high == 1.0


@pytest.mark.parametrize("model", ["machine", "channel", "lease", "write", "snapshot", "restore", "heartbeat"])
def test_every_list_and_row_opens(q1: Channel, held: Lease, ada: User, client: Client, model: str) -> None:
    client.force_login(ada)
    assert client.get(reverse(f"admin:controls_{model}_changelist")).status_code == 200
    row = {"machine": q1.machine, "channel": q1, "lease": held, "snapshot": held.snapshot}.get(model)
    if row is not None:
        assert client.get(reverse(f"admin:controls_{model}_change", args=[row.pk])).status_code == 200


def test_records_are_not_changed_in_the_admin(q1: Channel, held: Lease, ada: User, client: Client) -> None:
    client.force_login(ada)
    url = reverse("admin:controls_lease_change", args=[held.pk])
    assert client.post(url, {"state": "released"}).status_code == 403
    assert client.post(reverse("admin:controls_channel_delete", args=[q1.pk]), {"post": "yes"}).status_code == 403
