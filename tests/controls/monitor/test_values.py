"""What other processes read of a monitor that watches a real IOC."""

import math
import time
from collections.abc import Callable, Iterator

import pytest
from pytest_django import DjangoDbBlocker

from controls.models import Channel, Heartbeat, Machine
from controls.monitor import values
from controls.monitor.wire import UNKNOWN
from tests.brokers import Broker
from tests.controls.monitor.conftest import MonitorProcess, create_machine
from tests.controls.probe import Probe
from tests.processes import wait_until
from xoptweb.actors import system
from xoptweb.errors import NotFound, Unavailable
from xoptweb.live.topics import latest
from xoptweb.tools.registry import call

Put = Callable[[str, float], None]


pytestmark = pytest.mark.django_db


@pytest.fixture
def _django_db_helper() -> None:
    """No transaction and no flush around each test: the rows belong to the module, and the monitor must see them."""


@pytest.fixture(scope="module")
def machine(django_db_setup: None, django_db_blocker: DjangoDbBlocker, probe: Probe) -> Iterator[Machine]:
    """One machine and one monitor for all of these tests."""
    with django_db_blocker.unblock():
        yield (machine := create_machine(probe))
        Heartbeat.objects.filter(machine=machine).delete()
        machine.delete()


@pytest.fixture(scope="module")
def monitor(
    machine: Machine, running_broker: Broker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[MonitorProcess]:
    running_broker.start()
    monitor = MonitorProcess(machine, tmp_path_factory.mktemp("monitor") / "monitor.log")
    monitor.start()
    yield monitor
    monitor.end()


def test_values_are_told_as_they_change(monitor: MonitorProcess, put: Put) -> None:
    put("FLOAT", 2.5)
    wait_until(lambda: monitor.latest("FLOAT").value == 2.5, 2)
    told = monitor.latest("FLOAT")
    assert (told.text, told.severity, told.connected, told.stale) == ("2.50", 0, True, False)
    assert told.ioc_time == pytest.approx(time.time(), abs=5)


def test_each_kind_of_value_reads_as_people_write_it(monitor: MonitorProcess, put: Put) -> None:
    put("INT", -7)
    put("ENUM", 2)
    wait_until(lambda: monitor.latest("ENUM").text == "°warm", 5)
    wait_until(lambda: monitor.latest("INT").text == "−7.00", 2)  # with the channel's two decimals
    assert monitor.latest("TEXT").value == "hello"
    assert monitor.latest("NAN").text == "NaN"


def test_reading_now_asks_the_control_system(monitor: MonitorProcess, machine: Machine, probe: Probe, put: Put) -> None:
    put("FLOAT", 3.5)
    now = values.read_now(machine, [probe.address("FLOAT"), probe.address("NAN")])
    assert now[probe.address("FLOAT")].value == 3.5
    assert math.isnan(float(now[probe.address("NAN")].value or 0))


def test_a_channel_that_does_not_answer_is_unknown_and_the_others_are_told(
    monitor: MonitorProcess, machine: Machine, probe: Probe
) -> None:
    gone = Channel.objects.create(machine=machine, name="gone", address="LAB:GONE")
    now = values.read_now(machine, ["LAB:GONE", probe.address("FLOAT")])
    gone.delete()
    assert now["LAB:GONE"] == UNKNOWN
    assert now[probe.address("FLOAT")].connected


def test_an_address_of_no_channel_is_not_read(monitor: MonitorProcess, machine: Machine, probe: Probe) -> None:
    with pytest.raises(NotFound, match=r"LAB:ARRAY is no address"):
        values.read_now(machine, [probe.address("ARRAY")])


def test_fresh_values_are_collected_from_updates(monitor: MonitorProcess, machine: Machine, probe: Probe) -> None:
    beam = probe.address("BEAM")
    before = float(values.read_now(machine, [beam])[beam].value or 0)
    collected = values.collect(machine, {beam: 4}, 5)[beam]
    assert len(collected) == 4
    assert collected[0] > before
    assert sorted(set(collected)) == collected


def test_values_that_do_not_come_are_not_made_up(monitor: MonitorProcess, machine: Machine, probe: Probe) -> None:
    with pytest.raises(Unavailable, match="LAB:FLOAT: 0 of 2 values") as problem:
        values.collect(machine, {probe.address("BEAM"): 2, probe.address("FLOAT"): 2}, 1)
    assert problem.value.code == "too_few_values"


def test_a_channel_that_is_processed_without_changing_gives_fresh_values(
    monitor: MonitorProcess, machine: Machine, probe: Probe, put: Put
) -> None:
    import threading

    def process() -> None:
        for _ in range(4):
            put("OTHER", 1.0)
            time.sleep(0.3)

    put("OTHER", 1.0)
    thread = threading.Thread(target=process)
    thread.start()
    assert values.collect(machine, {probe.address("OTHER"): 2}, 5) == {probe.address("OTHER"): [1.0, 1.0]}
    thread.join()


def test_the_last_day_is_remembered_second_by_second(
    monitor: MonitorProcess, machine: Machine, probe: Probe, put: Put
) -> None:
    put("FLOAT", 4.5)
    wait_until(lambda: values.history(machine, probe.address("FLOAT"), 60)[-1][1] == 4.5, 5)
    samples = values.history(machine, probe.address("FLOAT"), 60)
    assert len(samples) >= 3
    assert samples[-1][0] == pytest.approx(time.time(), abs=3)


def test_a_channel_that_is_added_is_watched_and_one_that_is_removed_is_not(
    monitor: MonitorProcess, machine: Machine, probe: Probe
) -> None:
    Channel.objects.create(machine=machine, name="locked", address=probe.address("LOCKED"))
    wait_until(lambda: monitor.latest("LOCKED").value == 4.0, 5)
    Channel.objects.filter(machine=machine, name="locked").delete()
    wait_until(lambda: probe.address("LOCKED") not in values.latest(machine), 5)


def test_a_live_topic_holds_every_address_for_those_who_come_later(monitor: MonitorProcess, machine: Machine) -> None:
    present = latest("values:lab")
    assert set(present) == set(values.addresses(machine))
    assert present["LAB:TEXT"] | {"ts": 0} == {"v": "hello", "text": "hello", "stale": False, "severity": 0, "ts": 0}
    assert present["LAB:NAN"]["v"] == "nan"
    assert latest("values:nowhere") == {}


def test_an_agent_reads_channels_by_their_names(monitor: MonitorProcess, put: Put) -> None:
    put("FLOAT", 7.25)
    arguments = {"machine": "lab", "channels": ["FLOAT", "TEXT"]}
    result = call("read_channels", arguments, system("test"))
    assert (result["FLOAT"]["value"], result["FLOAT"]["text"], result["TEXT"]["value"]) == (7.25, "7.25", "hello")
    with pytest.raises(NotFound, match="Lab has no channel Q9"):
        call("read_channels", arguments | {"channels": ["Q9"]}, system("test"))


def test_a_changed_precision_is_told(monitor: MonitorProcess, machine: Machine, put: Put) -> None:
    put("FLOAT", 1.5)
    Channel.objects.filter(machine=machine, name="FLOAT").update(precision=4)
    wait_until(lambda: monitor.latest("FLOAT").text == "1.5000", 5)
