"""The demo facility as tests have it."""

from controls.demo.process import DemoIoc
from controls.models import Machine
from tests.ca_client import IndependentClient


def test_every_channel_of_the_demo_answers_an_independent_client(
    machine: Machine, client_ca: IndependentClient, ioc: DemoIoc
) -> None:
    addresses = [channel.address.removeprefix(ioc.prefix) for channel in machine.channels.all()]
    assert len(addresses) > 10
    assert all(client_ca.get(address) is not None for address in addresses)


def test_the_machine_has_its_environment_and_is_not_armed(machine: Machine) -> None:
    assert machine.environments.count() == 1
    assert not machine.armed
