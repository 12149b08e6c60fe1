"""An IOC that is frozen, killed and started again."""

import threading

import pytest

from controls.connectors.base import Reading, Unconfirmed, Unreachable
from controls.connectors.ca import ChannelAccess
from tests.controls.probe import Probe
from tests.processes import wait_until

LONG_S = 600.0  # what a caller would wait; no test may take that long


def test_a_frozen_server_is_unreachable_for_reads_and_leaves_puts_unconfirmed(
    connector: ChannelAccess, probe: Probe
) -> None:
    probe.freeze()
    with pytest.raises(Unreachable, match="does not answer"):
        connector.read(probe.address("FLOAT"), 0.3)
    with pytest.raises(Unreachable, match=f"{probe.address('OTHER')} does not answer"):
        connector.read_all([probe.address("OTHER"), probe.address("FLOAT")], 0.3)
    with pytest.raises(Unconfirmed, match=r"no answer to a put of 7\.0 for 0\.3 s"):
        connector.write(probe.address("FLOAT"), 7.0, 0.3)
    probe.thaw()
    wait_until(lambda: connector.read(probe.address("FLOAT"), 2).value == 7.0, what="the put that was already sent")


def test_a_server_that_stays_frozen_is_seen_to_be_away_and_to_come_back(connector: ChannelAccess, probe: Probe) -> None:
    probe.freeze()
    wait_until(lambda: not connector.connected(probe.address("FLOAT")), 20, what="notice of the silence")
    with pytest.raises(Unreachable, match="disconnected"):
        connector.write(probe.address("FLOAT"), 8.0, LONG_S)
    probe.thaw()
    wait_until(lambda: connector.connected(probe.address("FLOAT")), 10)
    assert connector.read(probe.address("FLOAT"), 2).value == 1.5, "what was never sent does not arrive later"


def test_a_put_during_which_the_server_dies_is_unconfirmed(connector: ChannelAccess, probe: Probe) -> None:
    connector.connect([probe.address("SLOW")], 5)
    probe.freeze()
    threading.Timer(0.2, probe.kill).start()
    with pytest.raises(Unconfirmed, match="connection was lost"):
        connector.write(probe.address("SLOW"), 3.0, LONG_S)
    wait_until(lambda: probe.process is None)


def test_a_killed_server_is_unreachable_at_once(connector: ChannelAccess, probe: Probe) -> None:
    probe.kill()
    wait_until(lambda: not connector.connected(probe.address("FLOAT")), 2)
    with pytest.raises(Unreachable, match=probe.address("FLOAT")):
        connector.read(probe.address("FLOAT"), LONG_S)
    with pytest.raises(Unreachable, match=probe.address("FLOAT")):
        connector.write(probe.address("FLOAT"), 1.0, LONG_S)


def test_a_restarted_server_is_found_again_and_its_updates_go_on(connector: ChannelAccess, probe: Probe) -> None:
    readings: list[Reading] = []
    watch = connector.watch(probe.address("BEAM"), readings.append)
    wait_until(lambda: len(readings) > 3)
    probe.kill()
    wait_until(lambda: not connector.connected(probe.address("BEAM")), 2)
    before = readings[-1]
    probe.start()

    def goes_on() -> bool:
        connector.search_again()
        return readings[-1].sequence > before.sequence + 2

    wait_until(goes_on, 15)
    assert readings[-1].ioc_time > before.ioc_time
    sequences = [reading.sequence for reading in readings]
    assert sequences == sorted(sequences)
    watch.close()
    assert connector.read(probe.address("BEAM"), 2).value is not None
