"""What pages and stages see while no monitor runs."""

import pytest

from controls.models import Machine
from controls.monitor import values
from controls.monitor.wire import UNKNOWN
from tests.brokers import Broker
from tests.controls.monitor.conftest import create_machine
from tests.controls.probe import Probe
from xoptweb.errors import Unavailable


@pytest.fixture
def machine(db: None) -> Machine:
    return create_machine(Probe("LAB"))


def test_every_value_is_stale_and_nothing_is_read(machine: Machine, broker: Broker) -> None:
    assert set(values.latest(machine).values()) == {UNKNOWN}
    assert not values.monitor_answers(machine)
    with pytest.raises(Unavailable, match="monitor of Lab does not answer"):
        values.read_now(machine, ["LAB:FLOAT"])


def test_without_a_broker_too(machine: Machine, broker: Broker) -> None:
    broker.kill()
    assert set(values.latest(machine).values()) == {UNKNOWN}
    assert not values.monitor_answers(machine)
    with pytest.raises(Unavailable):
        values.history(machine, "LAB:FLOAT", 60)
