"""Loading a machine and its channels from a facility's file."""

from pathlib import Path

import pytest

from controls.facility import Document, differences, load, read
from controls.models import Channel, Machine
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.audit.models import Entry
from xoptweb.errors import Invalid, NotAllowed

DEMO = Path("examples/demo/facility.yaml")
SMALL = """
machine: {slug: lab, name: Lab, permit: {channel: ok, equals: 1}}
channels:
  Q1: {address: "LAB:Q1", readback: "LAB:Q1:RBV", writable: true, low: -1, high: 1, max_step: 0.1}
  ok: {address: "LAB:OK"}
environment: {slug: focus}
"""


@pytest.fixture
def small(tmp_path: Path) -> Path:
    path = tmp_path / "lab.yaml"
    path.write_text(SMALL)
    return path


def put(document: Document) -> Machine:
    return load(document, address_list="127.0.0.1", server_port=5064, by=system("test"))


def wrong(path: Path, old: str, new: str) -> Invalid:
    path.write_text(SMALL.replace(old, new))
    with pytest.raises(Invalid) as problem:
        read(path)
    return problem.value


@pytest.mark.django_db
def test_the_demo_facility_loads_with_a_prefix_before_every_address() -> None:
    machine = put(read(DEMO, "T1:"))
    q1 = machine.channels.get(name="Q1")
    assert (q1.address, q1.readback) == ("T1:LI01:QUAD:01:K1", "T1:LI01:QUAD:01:K1:RBV")
    assert (q1.low, q1.high, q1.max_step, q1.writable) == (-30, 30, 5, True)
    assert machine.permit_channel == machine.channels.get(name="permit")
    assert (machine.address_list, machine.server_port) == ("127.0.0.1", 5064)
    assert Entry.objects.get().action == "facility.loaded"


def test_the_environment_is_passed_on_as_it_is(small: Path) -> None:
    assert read(small).environment == {"slug": "focus"}


@pytest.mark.django_db
def test_loading_again_changes_nothing_that_people_changed(small: Path) -> None:
    machine = put(read(small))
    machine.channels.filter(name="Q1").update(high=0.5)
    again = put(read(small))
    assert again == machine
    assert again.channels.get(name="Q1").high == 0.5
    assert differences(read(small), again) == ["channel Q1: high is 0.5, in the file 1.0"]
    assert Entry.objects.count() == 1


@pytest.mark.django_db
def test_loading_again_adds_what_is_new_and_follows_where_the_machine_is(small: Path) -> None:
    put(read(small))
    small.write_text(SMALL.replace("environment:", '  Q2: {address: "LAB:Q2"}\nenvironment:'))
    machine = load(read(small), address_list="127.0.0.1", server_port=5099, by=system("test"))
    assert set(machine.channels.values_list("name", flat=True)) == {"Q1", "Q2", "ok"}
    assert Machine.objects.get().server_port == 5099
    assert Entry.objects.count() == 2


@pytest.mark.django_db
def test_an_operator_does_not_load_a_facility(small: Path, olga: User) -> None:
    with pytest.raises(NotAllowed):
        load(read(small), address_list="", server_port=None, by=Actor(user=olga, via="cli"))
    assert not Channel.objects.exists()


@pytest.mark.parametrize(
    ("old", "new", "key", "reason"),
    [
        ("low: -1", "low: 2", "channels.Q1", "low (2) must be below high (1)"),
        (", max_step: 0.1", "", "channels.Q1", "a writable channel needs max_step"),
        ("max_step: 0.1", "max_step: 0", "channels.Q1.max_step", "greater than 0"),
        ("low: -1", "low: .nan", "channels.Q1.low", "finite number"),
        ("low: -1", "low: down", "channels.Q1.low", "valid number"),
        ("max_step", "maxstep", "channels.Q1.maxstep", "not permitted"),
        ("LAB:OK", "LAB OK", "channels.ok.address", "match pattern"),
        ("  Q1:", "  Q 1:", "channels.Q 1", "match pattern"),
        ("channel: ok", "channel: gate", "", "machine.permit.channel: there is no channel gate"),
        ("LAB:OK", "LAB:Q1", "", "channels.ok.address: LAB:Q1 is the address of Q1 already"),
        ("slug: lab, ", "", "machine.slug", "Field required"),
    ],
)
def test_an_error_names_the_key_and_the_reason(small: Path, old: str, new: str, key: str, reason: str) -> None:
    problem = wrong(small, old, new)
    assert reason in problem.fields[key]
    assert key in problem.message
    assert reason in problem.message


def test_a_key_that_is_there_twice_is_an_error(small: Path) -> None:
    problem = wrong(small, "  ok:", "  Q1:")
    assert "'Q1' is there twice" in problem.message
    assert "line 5" in problem.message


def test_a_file_that_is_no_yaml_or_not_there_is_an_error(small: Path, tmp_path: Path) -> None:
    assert "can't be read" in wrong(small, "machine: {", "machine: [").message
    with pytest.raises(Invalid, match="can't be read"):
        read(tmp_path / "nothing.yaml")


def test_a_file_with_something_else_in_it_is_an_error(small: Path) -> None:
    small.write_text("- a list")
    with pytest.raises(Invalid, match="is wrong"):
        read(small)


@pytest.mark.django_db
def test_a_second_machine_with_a_record_of_the_first_is_not_loaded(small: Path) -> None:
    put(read(small))
    small.write_text(SMALL.replace("slug: lab, name: Lab", "slug: again, name: Again"))
    with pytest.raises(Invalid, match="Q1 of Lab writes to the same process variable") as problem:
        put(read(small))
    assert set(problem.value.fields) == {"channels.Q1.address"}
    assert not Machine.objects.filter(slug="again").exists()
