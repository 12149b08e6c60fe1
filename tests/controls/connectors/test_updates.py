"""Watching channels: what arrives, in which order, and what counts as fresh."""

import itertools
import time
from collections.abc import Iterator

import pytest

from controls.connectors.base import Reading, Unreachable
from controls.connectors.ca import ChannelAccess
from tests.controls.probe import Probe
from tests.processes import wait_until


@pytest.fixture
def seen(connector: ChannelAccess, probe: Probe) -> Iterator[list[Reading]]:
    readings: list[Reading] = []
    watch = connector.watch(probe.address("OTHER"), readings.append)
    connector.wait_update(probe.address("OTHER"), 0, 2)
    yield readings
    watch.close()


def test_updates_arrive_in_order_and_each_has_the_next_sequence(
    connector: ChannelAccess, probe: Probe, seen: list[Reading]
) -> None:
    first = connector.wait_update(probe.address("OTHER"), 0, 2)
    start, values = first.sequence, [float(first.value) + step for step in (1.0, 2.0, 3.0)]
    for value in values:
        connector.write(probe.address("OTHER"), value, 2)
    wait_until(lambda: len(seen) == 3)
    assert [reading.value for reading in seen] == values
    assert [reading.sequence for reading in seen] == [start + 1, start + 2, start + 3]


def test_latest_is_the_last_update(connector: ChannelAccess, probe: Probe, seen: list[Reading]) -> None:
    connector.write(probe.address("OTHER"), -5.0, 2)
    wait_until(lambda: seen and seen[-1].value == -5.0)
    assert connector.latest(probe.address("OTHER")) == seen[-1]


def test_the_value_at_subscription_is_no_update(connector: ChannelAccess, probe: Probe) -> None:
    readings: list[Reading] = []
    watch = connector.watch(probe.address("TEXT"), readings.append)
    first = connector.wait_update(probe.address("TEXT"), 0, 2)
    with pytest.raises(Unreachable, match=r"no update for 0\.2 s"):
        connector.wait_update(probe.address("TEXT"), first.sequence, 0.2)
    assert readings == []
    watch.close()


def test_a_channel_that_is_not_connected_yet_is_waited_for(connector: ChannelAccess, probe: Probe) -> None:
    watch = connector.watch(probe.address("NAN"))
    assert connector.wait_update(probe.address("NAN"), 0, 5).severity == 3
    watch.close()


def test_waiting_gives_an_update_that_came_after_the_sequence(connector: ChannelAccess, probe: Probe) -> None:
    watch = connector.watch(probe.address("BEAM"))
    wait_until(lambda: connector.latest(probe.address("BEAM")))
    values = []
    sequence = connector.latest(probe.address("BEAM")).sequence  # type: ignore[union-attr]
    for _ in range(5):
        update = connector.wait_update(probe.address("BEAM"), sequence, 2)
        values.append(update.value)
        sequence = update.sequence
    assert all(later - earlier == 1 for earlier, later in itertools.pairwise(map(float, values)))
    watch.close()


def test_no_update_comes_after_the_watch_is_closed(connector: ChannelAccess, probe: Probe) -> None:
    readings: list[Reading] = []
    watch = connector.watch(probe.address("BEAM"), readings.append)
    wait_until(lambda: len(readings) > 2)
    watch.close()
    number = len(readings)
    time.sleep(0.4)
    assert len(readings) == number


def test_two_watchers_of_one_channel_end_one_by_one(connector: ChannelAccess, probe: Probe) -> None:
    first: list[Reading] = []
    second: list[Reading] = []
    watches = [connector.watch(probe.address("BEAM"), readings.append) for readings in (first, second)]
    wait_until(lambda: first and second)
    watches[0].close()
    number = len(second)
    wait_until(lambda: len(second) > number + 1)
    watches[1].close()


def test_a_watcher_that_fails_does_not_end_the_watch(
    connector: ChannelAccess, probe: Probe, caplog: pytest.LogCaptureFixture
) -> None:
    calls = []

    def fail(reading: Reading) -> None:
        calls.append(reading)
        raise RuntimeError("watcher")

    watch = connector.watch(probe.address("BEAM"), fail)
    wait_until(lambda: len(calls) > 2)
    watch.close()
    assert "a watcher of" in caplog.text


def test_a_channel_that_appears_later_is_watched_from_then_on(connector: ChannelAccess, probe: Probe) -> None:
    probe.kill()
    wait_until(lambda: not connector.connected(probe.address("FLOAT")))
    watch = connector.watch(probe.address("INT"))
    assert connector.latest(probe.address("INT")) is None
    probe.start()

    def arrives() -> bool:
        connector.search_again()
        return connector.latest(probe.address("INT")) is not None

    wait_until(arrives, 15)
    watch.close()
