"""`xoptweb up` as a person meets it: first start, second start, deaths, Ctrl-C."""

import os
import re
import signal
import socket
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest

from tests import environment, stores
from tests.patience import patient
from tests.processes import wait_until
from tests.supervisor.house import House, get, log_in
from xoptweb.config import BASE_DIR

PASSWORD = re.compile(r"^    (\w+) +(\w+) +([a-z]+(?:-[a-z]+){3})$", re.MULTILINE)
EMBEDDED = {"broker"} if not environment.SERVICES else set()
PROCESSES = EMBEDDED | {
    "supervisor", "guardian", "web", "worker-default", "worker-modules", "worker-agents", "beat", "demo-ioc",
    "monitor-demo-linac", "watchdog-demo-linac", "worker-control-demo-linac",
}  # fmt: skip
LARGEST_PSS = 1.2e9
LONGEST_STOP_S = 15.0  # the benchmark holds it to five seconds; this host may be busy

pytestmark = pytest.mark.timeout(patient(180))


@pytest.fixture(scope="module")
def services() -> Iterator[dict[str, str]]:
    with stores.of_its_own("up") as settings:
        yield settings


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory, services: dict[str, str]) -> Iterator[House]:
    house = House(tmp_path_factory.mktemp("home"), **services)
    yield house
    house.end()


def test_the_first_start_tells_three_passwords_once_and_runs_everything(house: House) -> None:
    house.start()
    address = house.address()
    assert get(address + "health/") == 200
    logins = {title: (username, password) for title, username, password in PASSWORD.findall(house.says())}
    assert set(logins) == {"administrator", "operator", "approver"}
    for username, password in logins.values():
        assert log_in(address, username, password) == "/"
        assert not any(password.encode() in path.read_bytes() for path in files(house.home)), "stored in clear"
    status = house.status()
    assert set(status) == PROCESSES
    assert {row["state"] for row in status.values()} == {"RUNNING"}
    assert sum(row["pss_bytes"] for row in status.values()) <= LARGEST_PSS


def test_it_listens_on_the_loopback_alone(house: House) -> None:
    import psutil

    pids = {row["pid"] for row in house.status().values()}
    connections = [c for c in psutil.net_connections("tcp") if c.status == psutil.CONN_LISTEN]
    listening = {c.pid: c.laddr.ip for c in connections if c.pid in pids and c.laddr}
    assert set(listening.values()) == {"127.0.0.1"}
    assert house.status().get("broker", {}).get("pid") not in listening


def test_a_second_one_in_the_same_home_is_refused(house: House) -> None:
    second = house.command("up")
    assert second.returncode == 1
    assert re.search(r"already runs in .*\(process \d+\).*XOPTWEB_HOME", second.stderr)
    assert get(house.address() + "health/") == 200


@pytest.mark.parametrize("name", ["worker-default", "monitor-demo-linac", "web", "guardian"])
def test_what_dies_is_started_again(house: House, name: str) -> None:
    before = house.status()[name]["pid"]
    os.kill(before, signal.SIGKILL)
    wait_until(lambda: f"{name} died (process {before})" in house.says(), 5)
    wait_until(lambda: house.status()[name]["state"] == "RUNNING", 20)
    assert house.status()[name]["pid"] != before


def test_a_machine_that_is_loaded_later_gets_its_processes(house: House, tmp_path: Path) -> None:
    text = (BASE_DIR / "examples" / "demo" / "facility.yaml").read_text().partition("\nenvironment:")[0]
    file = tmp_path / "ring.yaml"
    file.write_text(text.replace("slug: demo-linac", "slug: ring"))
    port = str(free_port())
    assert house.command("load", str(file), "--address-list", "127.0.0.1", "--server-port", port).returncode == 0
    done = house.command("reload")
    assert done.stdout.splitlines() == ["started monitor-ring", "started watchdog-ring", "started worker-control-ring"]
    wait_until(lambda: house.status()["monitor-ring"]["state"] == "RUNNING", 20)
    assert house.command("reload").stdout == ""


def test_only_its_owner_reads_what_it_keeps(house: House) -> None:
    assert [path for path in files(house.home) if path.stat().st_mode & 0o077] == []


def test_ctrl_c_stops_everything_within_five_seconds(house: House) -> None:
    assert house.send(signal.SIGINT) <= LONGEST_STOP_S
    assert house.process is not None
    assert house.process.returncode == 0
    assert house.says().rstrip().endswith("Stopped.")


def test_the_second_start_shows_a_page_and_tells_no_password(house: House) -> None:
    port = free_port()
    house.environment["XOPTWEB_PORT"] = str(port)
    house.start()
    wait_until(lambda: get(f"http://127.0.0.1:{port}/login/") == 200, 30)
    assert urlsplit(house.address()).port == port
    assert not PASSWORD.search(house.says())


def test_a_killed_supervisor_leaves_no_process(house: House) -> None:
    assert len(house.left()) > len(PROCESSES)
    assert house.send(signal.SIGKILL) <= LONGEST_STOP_S


def test_a_port_in_use_is_named(house: House) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        house.environment["XOPTWEB_PORT"] = str(port)
        refused = house.command("up")
    assert refused.returncode == 1
    assert f"Port {port} of 127.0.0.1 is in use" in refused.stderr


def files(home: Path) -> list[Path]:
    return [path for path in home.rglob("*") if path.is_file()]


def free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        return int(probe.getsockname()[1])
