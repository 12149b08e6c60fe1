"""The IOC as a process: where it listens, how it dies, how it comes back."""

import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

import psutil
import pytest

from controls.demo import names
from controls.demo.process import DemoIoc, DemoIocError
from tests.ca_client import IndependentClient
from tests.controls.demo.conftest import any_prefix
from tests.patience import patient
from tests.processes import wait_until

DEFAULT_PORTS = {5064, 5065, 5075, 5076}
Q1 = names.QUADRUPOLES[0]


def test_it_listens_on_the_loopback_only_and_on_its_own_port_only(ioc: DemoIoc, outside: IndependentClient) -> None:
    outside.get(Q1)
    process = psutil.Process(ioc.pid)
    connections = process.net_connections(kind="inet")
    listening = [c.laddr for c in connections if c.status == psutil.CONN_LISTEN]
    assert [(address.ip, address.port) for address in listening] == [("127.0.0.1", ioc.port)]
    assert DEFAULT_PORTS.isdisjoint(c.laddr.port for c in connections)
    assert process.children() == []


def test_it_is_small(ioc: DemoIoc) -> None:
    assert psutil.Process(ioc.pid).memory_full_info().pss < 110e6


def test_a_free_port_is_found_and_told_with_pid_and_prefix(tmp_path: Path) -> None:
    ready, prefix = tmp_path / "ready.json", any_prefix()
    command = [sys.executable, "-m", "controls.demo", "--port", "0", "--prefix", prefix, "--ready-file", str(ready)]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        try:
            wait_until(ready.exists, 30, what="the ready file")
            told = json.loads(ready.read_text())
            assert told == {"port": told["port"], "pid": process.pid, "prefix": prefix}
            with IndependentClient(told["port"], prefix) as client:
                assert client.get(Q1) == 10
        finally:
            process.terminate()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_it_ends_when_told(number: signal.Signals) -> None:
    with DemoIoc(prefix=any_prefix()) as ioc:
        process = psutil.Process(ioc.pid)
        os.kill(ioc.pid, number)
        process.wait(patient(10))
        assert not process.is_running()


def test_a_frozen_ioc_does_not_answer_and_a_thawed_one_does_what_was_sent(
    ioc: DemoIoc, outside: IndependentClient
) -> None:
    outside.get(Q1)
    ioc.freeze()
    try:
        with pytest.raises(TimeoutError):
            outside.put(Q1, 13, timeout_s=0.5)
        assert ioc.puts(Q1) == [] or ioc.puts(Q1)[-1].value != 13
    finally:
        ioc.thaw()
    wait_until(lambda: outside.get(Q1) == 13, 5, what="the put that was already sent")
    assert ioc.puts(Q1)[-1].value == 13


def test_a_killed_ioc_comes_back_on_its_port_with_the_settings_of_a_fresh_start() -> None:
    with DemoIoc(prefix=any_prefix()) as ioc, IndependentClient(ioc.port, ioc.prefix) as client:
        client.put(Q1, 12)
        port, first = ioc.port, ioc.pid
        ioc.kill()
        assert not ioc.running
        ioc.start()
        assert (ioc.port, ioc.pid != first) == (port, True)
        with IndependentClient(ioc.port, ioc.prefix) as anew:
            assert anew.get(Q1) == 10
            anew.put(Q1, 11)
        assert [put.value for put in ioc.puts(Q1)] == [12, 11]


def test_a_frozen_ioc_can_be_stopped() -> None:
    with DemoIoc(prefix=any_prefix()) as ioc:
        ioc.freeze()
        ioc.stop()
        assert not ioc.running


def test_a_taken_port_is_an_error_that_names_it(tmp_path: Path) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        ioc = DemoIoc(prefix=any_prefix(), port=taken.getsockname()[1], directory=tmp_path)
        with pytest.raises(DemoIocError, match=f"port {ioc.port} was taken"):
            ioc.start()
        assert not ioc.running


def test_it_ends_with_the_process_that_started_it(tmp_path: Path) -> None:
    starts = (
        "import pathlib, sys, os; from controls.demo.process import DemoIoc\n"
        "ioc = DemoIoc(directory=pathlib.Path(sys.argv[1])).start()\n"
        "print(ioc.pid, flush=True); os._exit(1)"
    )
    done = subprocess.run(
        [sys.executable, "-c", starts, str(tmp_path)], capture_output=True, timeout=patient(60), check=False
    )
    pid = int(done.stdout)
    wait_until(lambda: not _lives(pid), 5, what="the IOC's end")


def test_two_can_run_at_once() -> None:
    with DemoIoc(prefix=any_prefix()) as one, DemoIoc(prefix=any_prefix()) as other:
        assert one.port != other.port
        with IndependentClient(one.port) as client, pytest.raises(TimeoutError):
            client.get(other.pv(Q1), timeout_s=0.5)


def _lives(pid: int) -> bool:
    return psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
