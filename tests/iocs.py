"""The soft IOCs of a test run, and this process' one Channel Access client that finds them all."""

import os
from collections.abc import Iterator

import pytest

from controls.connectors.addresses import AddressList
from controls.connectors.ca import ChannelAccess
from controls.demo.process import DemoIoc
from tests.controls.probe import Probe


@pytest.fixture(scope="session")
def running_probe() -> Iterator[Probe]:
    """A bare IOC with channels of every type."""
    probe = Probe(f"PROBE{os.getpid()}")
    probe.start()
    yield probe
    probe.stop()


@pytest.fixture(scope="session")
def running_ioc() -> Iterator[DemoIoc]:
    """The demo linac, under a prefix that nobody else uses."""
    with DemoIoc(prefix=f"T{os.getpid()}:", rate_hz=20.0, drift=0.0, seed=1) as ioc:
        yield ioc


@pytest.fixture(scope="session")
def session_connector(running_probe: Probe, running_ioc: DemoIoc) -> Iterator[ChannelAccess]:
    """One for the whole process: Channel Access reads its address list once."""
    connector = ChannelAccess(AddressList(f"{running_probe.address_list} 127.0.0.1:{running_ioc.port}"))
    yield connector
    connector.close()


@pytest.fixture
def ioc(running_ioc: DemoIoc) -> Iterator[DemoIoc]:
    """The demo linac, which runs again afterwards, whatever a test did to it."""
    yield running_ioc
    if running_ioc.running:
        running_ioc.thaw()
    else:
        running_ioc.start()
