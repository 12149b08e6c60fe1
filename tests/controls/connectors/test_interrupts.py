"""A wait for the control system ends when its caller says so, long before its time is over."""

import threading

import pytest

from controls.connectors.base import Interrupted
from controls.connectors.ca import ChannelAccess
from tests.controls.probe import Probe

LONG_S = 600.0  # no test may take that long


def interrupted_after(seconds: float) -> threading.Event:
    event = threading.Event()
    threading.Timer(seconds, event.set).start()
    return event


def test_a_put_that_waits_is_interrupted(connector: ChannelAccess, probe: Probe) -> None:
    stop = interrupted_after(0.2)
    with pytest.raises(Interrupted):
        connector.write(probe.address("SLOW"), 1.0, LONG_S, stop.is_set)


def test_a_read_of_a_frozen_server_is_interrupted(connector: ChannelAccess, probe: Probe) -> None:
    probe.freeze()
    stop = interrupted_after(0.2)
    with pytest.raises(Interrupted):
        connector.read(probe.address("FLOAT"), LONG_S, stop.is_set)


def test_waiting_for_a_connection_is_interrupted(connector: ChannelAccess, probe: Probe) -> None:
    stop = interrupted_after(0.2)
    with pytest.raises(Interrupted):
        connector.connect([probe.address("NEVER")], LONG_S, stop.is_set)


def test_waiting_for_an_update_is_interrupted(connector: ChannelAccess, probe: Probe) -> None:
    watch = connector.watch(probe.address("OTHER"))
    stop = interrupted_after(0.2)
    with pytest.raises(Interrupted):
        connector.wait_update(probe.address("OTHER"), 10**6, LONG_S, stop.is_set)
    watch.close()


def test_nothing_is_sent_after_the_interrupt(connector: ChannelAccess, probe: Probe) -> None:
    with pytest.raises(Interrupted):
        connector.write(probe.address("FLOAT"), 9.0, 1, lambda: True)
    assert connector.read(probe.address("FLOAT"), 1).value == 1.5
