"""Ctrl-C in the terminal of `xoptweb up` while a campaign moves magnets of an IOC that stays."""

import json
import signal
import subprocess
import sys
from collections.abc import Iterator

import pytest

from controls.demo import names
from controls.demo.process import DemoIoc
from tests import stores
from tests.ca_client import IndependentClient
from tests.patience import patient
from tests.processes import wait_until
from tests.supervisor.house import House
from xoptweb.config import BASE_DIR

START = (10.0, -9.0, 5.0)

pytestmark = pytest.mark.timeout(patient(240))


@pytest.fixture
def ioc() -> Iterator[DemoIoc]:
    with DemoIoc(rate_hz=40.0, drift=0, seed=5) as ioc:
        yield ioc


@pytest.fixture
def outside(ioc: DemoIoc) -> Iterator[IndependentClient]:
    with IndependentClient(ioc.port) as client:
        yield client


@pytest.fixture
def house(tmp_path_factory: pytest.TempPathFactory, ioc: DemoIoc) -> Iterator[House]:
    """A facility of its own instead of the demo: its IOC does not end with the house."""
    with stores.of_its_own("ctrl_c") as settings:
        house = House(tmp_path_factory.mktemp("home"), XOPTWEB_DEMO="false", XOPTWEB_LEASE_QUIET_S="1", **settings)
        facility = str(BASE_DIR / "examples" / "demo" / "facility.yaml")
        assert house.command("setup").returncode == 0
        loaded = house.command("load", facility, "--address-list", "127.0.0.1", "--server-port", str(ioc.port))
        assert loaded.returncode == 0, loaded.stderr
        yield house
        house.end()


def campaign(house: House, *words: str) -> str:
    command = [sys.executable, "-m", "tests.supervisor.campaign_process", *words]
    done = subprocess.run(
        command, cwd=BASE_DIR, env=house.environment, capture_output=True, text=True, timeout=patient(180), check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def setpoints(outside: IndependentClient) -> tuple[float, ...]:
    return tuple(float(outside.get(name)) for name in names.QUADRUPOLES)


def test_the_machine_is_brought_back_at_once_or_at_the_next_start(
    house: House, ioc: DemoIoc, outside: IndependentClient
) -> None:
    house.start()
    house.address()
    number = campaign(house, "begin").strip()
    assert setpoints(outside) != START
    house.send(signal.SIGINT)
    puts = len(ioc.puts())
    house.start()
    house.address()
    wait_until(lambda: setpoints(outside) == START, 30, what="the values from before")
    told = json.loads(campaign(house, "rest", number))
    assert told["final"] == "restored", told["message"]
    assert setpoints(outside) == START
    assert len(ioc.puts()) - puts <= 3 * 24, "nothing but the way back was put after the next start"
