"""A machine at the probe IOC and a real monitor process that watches it."""

import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from controls.models import Channel, Machine
from controls.monitor import values
from controls.monitor.values import Latest
from tests import processes
from tests.brokers import Broker
from tests.controls.probe import Probe
from tests.patience import patient
from tests.processes import wait_until

READY_S = 15
NAMES = ("FLOAT", "OTHER", "INT", "ENUM", "TEXT", "NAN", "BEAM", "SLOW")


class MonitorProcess:
    """`xoptweb monitor`, started and ended by a test."""

    def __init__(self, machine: Machine, log: Path) -> None:
        self.machine = machine
        self.log = log
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        command = [sys.executable, "-W", "ignore", "-m", "xoptweb", "monitor", self.machine.slug]
        with self.log.open("ab") as log:
            self.process = processes.start(command, stdout=log, stderr=log)
        wait_until(self.tells, READY_S, what=f"values of the monitor ({self.log.read_text()[-2000:]})")

    def tells(self) -> bool:
        told = values.latest(self.machine)
        return all(not told[f"{self.prefix}:{name}"].stale for name in NAMES)

    def latest(self, name: str) -> Latest:
        return values.latest(self.machine)[f"{self.prefix}:{name}"]

    @property
    def prefix(self) -> str:
        return self.machine.channels.all()[0].address.partition(":")[0]

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def kill(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGKILL)
        self.process.wait(patient(5))

    def end(self) -> None:
        if self.process is not None:
            processes.end(self.process)


@pytest.fixture(scope="module")
def probe() -> Iterator[Probe]:
    probe = Probe("LAB")
    probe.start()
    yield probe
    probe.stop()


def create_machine(probe: Probe) -> Machine:
    machine = Machine.objects.create(slug="lab", name="Lab", address_list=probe.address_list)
    Channel.objects.bulk_create(
        Channel(machine=machine, name=name, address=probe.address(name), precision=2) for name in NAMES
    )
    return machine


@pytest.fixture
def machine(transactional_db: None, probe: Probe) -> Machine:
    return create_machine(probe)


@pytest.fixture
def monitor(machine: Machine, broker: Broker, tmp_path: Path) -> Iterator[MonitorProcess]:
    monitor = MonitorProcess(machine, tmp_path / "monitor.log")
    monitor.start()
    yield monitor
    monitor.end()


@pytest.fixture(scope="module")
def put(probe: Probe) -> Iterator[Callable[[str, float], None]]:
    """Put to a channel of the probe, as somebody outside would."""
    from tests.ca_client import IndependentClient

    with IndependentClient(probe.port, probe.prefix + ":") as client:
        yield client.put
