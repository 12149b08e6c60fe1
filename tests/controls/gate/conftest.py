"""A machine on the demo IOC, a beating watchdog, and a writer with a lease on two quadrupoles."""

import itertools
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from django.utils import timezone

from controls.connectors.ca import ChannelAccess
from controls.demo.process import DemoIoc
from controls.gate.envelope import ChannelEnvelope
from controls.gate.writer import Writer
from controls.leases.end import release
from controls.leases.grant import Grant, Want, acquire
from controls.models import Channel, Lease, Machine, Write
from controls.watchdog.heartbeat import Pulse
from tests.ca_client import IndependentClient
from tests.processes import wait_until

QUADRUPOLES = {"Q1": ("LI01:QUAD:01:K1", 10.0), "Q2": ("LI01:QUAD:02:K1", -9.0)}
numbers = itertools.count(1)


@dataclass
class World:
    """What a gate test plays with. `outside` is a client that shares no code with the product."""

    machine: Machine
    q1: Channel
    q2: Channel
    ioc: DemoIoc
    outside: IndependentClient
    connector: ChannelAccess
    mark: int

    def want(self, *channels: Channel) -> Want:
        bounds = {
            c.pk: ChannelEnvelope(
                channel=c.pk, address=c.address, readback=c.readback, units=c.units, low=-20, high=20, max_step=5,
                start=QUADRUPOLES[c.name][1], tolerance=0.1, settle_s=0.1,
            )
            for c in channels
        }  # fmt: skip
        return Want(self.machine, channels, "tests.holder:1", "before the test", bounds=bounds)

    def puts(self) -> list[tuple[str, float]]:
        """What reached the IOC since the test began, by its own log."""
        names = {address: name for name, (address, _) in QUADRUPOLES.items()}
        return [(names[p.name], p.value) for p in self.ioc.puts()[self.mark :] if p.name in names]

    def setpoint(self, channel: Channel) -> float:
        return float(self.outside.get(channel.address))


@pytest.fixture(scope="session")
def outside(running_ioc: DemoIoc) -> Iterator[IndependentClient]:
    client = IndependentClient(running_ioc.port)
    yield client
    client.close()


@pytest.fixture
def world(
    transactional_db: None, ioc: DemoIoc, outside: IndependentClient, session_connector: ChannelAccess
) -> Iterator[World]:
    machine = Machine.objects.create(
        slug=f"gate-{next(numbers)}", name="Gate", address_list=f"127.0.0.1:{ioc.port}", armed=True,
        active_at=timezone.now(),
    )  # fmt: skip
    channels = {}
    for name, (address, start) in QUADRUPOLES.items():
        channels[name] = Channel.objects.create(
            machine=machine, name=name, address=ioc.pv(address), readback=ioc.pv(f"{address}:RBV"), writable=True,
            low=-30, high=30, max_step=5, tolerance=0.1, settle_s=0.1,
        )  # fmt: skip
        outside.put(ioc.pv(address), start)
    pulse = Pulse(machine)
    pulse.start()
    wait_until(pulse.acting.is_set, 5, what="the first heartbeat")
    session_connector.connect([c.address for c in channels.values()] + [c.readback for c in channels.values()], 5)
    yield World(machine, channels["Q1"], channels["Q2"], ioc, outside, session_connector, len(ioc.puts()))
    pulse.closing.set()
    pulse.join()


@pytest.fixture
def grant(world: World) -> Iterator[Grant]:
    grant = acquire(world.want(world.q1, world.q2), world.connector)
    yield grant
    release(Lease.objects.get(pk=grant.lease.pk))
    grant.close()


@pytest.fixture
def writer(grant: Grant) -> Writer:
    return grant.writer


def last_write() -> Write:
    return Write.objects.order_by("-id")[0]
