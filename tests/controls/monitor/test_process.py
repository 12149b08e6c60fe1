"""The monitor process through outages of everything around it."""

import asyncio
import contextlib
import signal
import threading
import time

import psutil
import pytest
from channels.layers import get_channel_layer
from django.utils import timezone

from controls.models import Heartbeat, Machine
from controls.monitor import values
from tests.brokers import Broker
from tests.controls.monitor.conftest import MonitorProcess
from tests.controls.monitor.test_values import Put
from tests.controls.probe import Probe
from tests.patience import patient
from tests.processes import wait_until
from xoptweb.errors import Unavailable
from xoptweb.live import names

LIGHT_MB = 70  # it knows all tables of the house, and no work or tool of it; numerical libraries would be hundreds
ENDS_S = 3  # well below a second where the tests do not share two cores with others


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_it_is_told_and_says_so(monitor: MonitorProcess, machine: Machine, number: int) -> None:
    assert monitor.process is not None
    monitor.process.send_signal(number)
    assert monitor.process.wait(ENDS_S) == 0
    assert not values.monitor_answers(machine)


def test_it_ends_also_while_it_waits_for_a_frozen_ioc(monitor: MonitorProcess, machine: Machine, probe: Probe) -> None:
    probe.freeze()

    def ask() -> None:
        with contextlib.suppress(Unavailable):
            values.read_now(machine, [probe.address("FLOAT")], 5)

    thread = threading.Thread(target=ask)
    thread.start()
    time.sleep(0.3)
    assert monitor.process is not None
    monitor.process.send_signal(signal.SIGTERM)
    try:
        assert monitor.process.wait(ENDS_S) == 0
    finally:
        probe.thaw()
        thread.join()


def test_its_heartbeat_grows_each_second(monitor: MonitorProcess, machine: Machine) -> None:
    def beat() -> int:
        row = Heartbeat.objects.filter(machine=machine, role=Heartbeat.Role.MONITOR).first()
        return row.beat if row else 0

    wait_until(lambda: beat() >= 1)
    first = beat()
    time.sleep(3.2)
    assert 2 <= beat() - first <= 4
    row = Heartbeat.objects.get()
    assert (timezone.now() - row.at).total_seconds() < 2
    assert row.process.split(":")[1] == str(monitor.pid)


def test_values_of_a_killed_monitor_are_stale_within_seconds(monitor: MonitorProcess) -> None:
    monitor.kill()
    wait_until(lambda: monitor.latest("FLOAT").stale, 7)
    assert monitor.latest("FLOAT").value == 1.5


def test_values_of_a_killed_ioc_are_stale_and_come_back(monitor: MonitorProcess, probe: Probe) -> None:
    probe.kill()
    wait_until(lambda: monitor.latest("FLOAT").stale, 3)
    assert not monitor.latest("FLOAT").connected
    assert monitor.latest("FLOAT").text == "1.50"
    probe.start()
    wait_until(monitor.tells, 15)


def test_values_of_a_frozen_ioc_are_stale_when_its_silence_is_noticed(monitor: MonitorProcess, probe: Probe) -> None:
    probe.freeze()
    try:
        wait_until(lambda: monitor.latest("FLOAT").stale, 20)
    finally:
        probe.thaw()
    wait_until(monitor.tells, 15)


def test_it_goes_on_through_an_outage_of_the_broker(monitor: MonitorProcess, broker: Broker, put: Put) -> None:
    broker.kill()
    assert monitor.latest("FLOAT").value is None
    assert monitor.latest("FLOAT").stale
    put("FLOAT", 6.5)
    time.sleep(1)
    broker.start()
    wait_until(lambda: monitor.latest("FLOAT").value == 6.5, 10)
    wait_until(lambda: not monitor.latest("FLOAT").stale, 10)
    assert values.read_now(monitor.machine, [f"{monitor.prefix}:FLOAT"])[f"{monitor.prefix}:FLOAT"].value == 6.5
    assert "the broker does not answer, values are not told" in monitor.log.read_text()


def test_it_ends_to_be_started_anew_when_the_machine_moves(monitor: MonitorProcess, machine: Machine) -> None:
    Machine.objects.filter(pk=machine.pk).update(address_list="127.0.0.1:1")
    assert monitor.process is not None
    assert monitor.process.wait(patient(6)) == 0
    assert "its addresses changed" in monitor.log.read_text()


def test_it_starts_no_other_process_and_stays_light(monitor: MonitorProcess) -> None:
    process = psutil.Process(monitor.pid)
    assert process.children(recursive=True) == []
    assert process.memory_full_info().uss / 1e6 < LIGHT_MB


async def _told(seconds: float) -> list[dict[str, object]]:
    layer = get_channel_layer()
    channel = await layer.new_channel()
    await layer.group_add(names.topic_group("values:lab"), channel)
    told = []
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            while True:
                told.append(await layer.receive(channel))
    await layer.group_discard(names.topic_group("values:lab"), channel)
    return told


def test_browsers_are_told_what_changed_at_most_five_times_a_second(monitor: MonitorProcess, put: Put) -> None:
    time.sleep(1)
    told = asyncio.run(_told(2.0))
    assert 6 <= len(told) <= 11
    assert {address for message in told for address in message["values"]} == {"LAB:BEAM"}  # type: ignore[attr-defined]
