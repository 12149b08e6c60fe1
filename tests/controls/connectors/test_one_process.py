"""A process opens Channel Access for one machine, when it first needs it, and not before it forks."""

import os
import subprocess
import sys

import psutil
import pytest

from controls.connectors.addresses import AddressList
from controls.connectors.ca import ChannelAccess
from tests.controls.probe import Probe


def test_importing_the_connector_opens_nothing() -> None:
    code = "import sys, controls.connectors.ca; sys.exit('epics' in sys.modules or 'numpy' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0


def test_another_address_list_is_refused(connector: ChannelAccess) -> None:
    with pytest.raises(RuntimeError, match="one process speaks to one machine"):
        ChannelAccess(AddressList("127.0.0.1:9"))


def test_a_connector_from_before_a_fork_is_refused(connector: ChannelAccess, probe: Probe) -> None:
    child = os.fork()
    if child == 0:
        try:
            connector.read(probe.address("FLOAT"), 1)
        except RuntimeError as error:
            os._exit(0 if "before this one was forked" in str(error) else 2)
        os._exit(1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


def test_no_repeater_is_started(connector: ChannelAccess) -> None:
    names = [process.name() for process in psutil.process_iter() if "repeater" in process.name().lower()]
    assert names == []
    assert [child.name() for child in psutil.Process().children() if "ca" in child.name().lower()] == []


def test_a_connector_that_is_closed_lets_another_one_speak(connector: ChannelAccess, probe: Probe) -> None:
    other = ChannelAccess(connector.address_list)
    assert other.read(probe.address("FLOAT"), 2).value == 1.5
    other.close()
    assert connector.read(probe.address("FLOAT"), 2).value == 1.5
