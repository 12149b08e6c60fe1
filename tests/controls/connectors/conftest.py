"""The connector of this process, and the IOC it speaks to."""

from collections.abc import Iterator

import pytest

from controls.connectors.ca import ChannelAccess
from tests.controls.probe import Probe
from tests.processes import wait_until


@pytest.fixture
def probe(running_probe: Probe) -> Iterator[Probe]:
    """The probe, which runs again afterwards, whatever a test did to it."""
    yield running_probe
    running_probe.thaw()
    if running_probe.process is None:
        running_probe.start()


@pytest.fixture
def connector(session_connector: ChannelAccess, probe: Probe) -> ChannelAccess:
    """Connected to the ordinary channels, as they were at the start."""

    def back() -> bool:
        session_connector.search_again()
        return all(session_connector.connected(probe.address(name)) for name in ("FLOAT", "OTHER", "BEAM"))

    wait_until(back, 15, what="the connection to the probe")
    session_connector.write(probe.address("FLOAT"), 1.5, 5)
    return session_connector
