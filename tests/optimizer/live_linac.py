"""The demo linac with its real IOC, real processes beside it, and a client outside that sets it up."""

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest

from controls.demo.process import DemoIoc
from controls.models import Machine
from controls.monitor.values import latest
from optimizer.models import Environment
from tests import processes
from tests.ca_client import IndependentClient
from tests.optimizer.world import load_demo
from tests.processes import wait_until


@pytest.fixture(scope="module")
def linac() -> Iterator[DemoIoc]:
    with DemoIoc(prefix=f"OPT{os.getpid()}:", rate_hz=50.0, drift=0.0, seed=5) as ioc:
        yield ioc


@pytest.fixture(scope="module")
def outside(linac: DemoIoc) -> Iterator[IndependentClient]:
    client = IndependentClient(linac.port, linac.prefix)
    yield client
    client.close()


@pytest.fixture
def live(transactional_db: None, linac: DemoIoc, tmp_path: Path) -> Iterator[Environment]:
    """The demo environment, armed, watched by a monitor."""
    environment = load_demo(prefix=linac.prefix, port=linac.port)
    with (tmp_path / "monitor.log").open("ab") as log:
        process = start_monitor(environment.machine, log)
    yield environment
    processes.end(process)


def start(command: str, machine: Machine, log: IO[bytes], **environment: str) -> subprocess.Popen[bytes]:
    """`xoptweb monitor` or `xoptweb watchdog` for a machine."""
    words = [sys.executable, "-W", "ignore", "-m", "xoptweb", command, machine.slug]
    return processes.start(words, stdout=log, stderr=log, env={**os.environ, **environment})


def start_monitor(machine: Machine, log: IO[bytes]) -> subprocess.Popen[bytes]:
    process = start("monitor", machine, log)

    def tells() -> bool:
        values = latest(machine)
        return bool(values) and all(not value.stale for value in values.values())

    wait_until(tells, 15, what="values of the monitor")
    return process
