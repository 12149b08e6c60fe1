"""`xoptweb stop` on the host."""

import json
import os
import re
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from controls.models import Machine
from controls.stopfile import StopFile
from tests import processes
from tests.brokers import Broker
from tests.cli.commands import xoptweb
from tests.environment import SERVICES
from tests.patience import patient
from xoptweb.audit.models import Entry
from xoptweb.cli.stop import home
from xoptweb.config import Config, config


@pytest.fixture
def machine(transactional_db: None) -> Machine:
    return Machine.objects.create(slug="linac", name="Linac")


def test_it_tells_writers_and_the_database_without_a_broker(machine: Machine, broker: Broker) -> None:
    if not SERVICES:
        broker.kill()
    noticed = StopFile("linac")
    done = xoptweb("stop", "--reason", "smoke")
    assert done.returncode == 0, done.stderr
    assert "every writer on this host has been told" in done.stdout
    assert re.fullmatch(r"STOP by .*: smoke", noticed.pulled())
    machine.refresh_from_db()
    assert machine.stops == 1
    assert Entry.objects.filter(action="machine.stopped", after__reason="smoke").count() == 1


def test_it_stops_one_machine_and_leaves_the_others(machine: Machine) -> None:
    Machine.objects.create(slug="ring", name="Ring")
    linac, ring = StopFile("linac"), StopFile("ring")
    assert xoptweb("stop", "--machine", "linac").returncode == 0
    assert linac.pulled()
    assert not ring.pulled()
    assert Machine.objects.get(slug="ring").stops == 0


def test_a_machine_that_is_not_there_is_named(machine: Machine) -> None:
    done = xoptweb("stop", "--machine", "lianc")
    assert done.returncode == 1
    assert "There is no machine “lianc”, so nothing was stopped. Known: linac." in done.stderr


@pytest.mark.parametrize("name", ["../linac", "a/b", "@everything", ""])
def test_a_name_that_could_leave_its_directory_is_refused(name: str, tmp_path: Path) -> None:
    done = xoptweb("stop", "--machine", name, XOPTWEB_HOME=str(tmp_path))
    assert done.returncode == 2
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(SERVICES, reason="a lock on the whole database is SQLite's")
def test_writers_are_told_while_the_database_is_locked(machine: Machine) -> None:
    noticed = StopFile("linac")
    with closing(sqlite3.connect(config().database_path, isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        command = [sys.executable, "-m", "xoptweb", "stop"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as stopping:
            assert stopping.stdout is not None
            assert "has been told" in stopping.stdout.readline()
            assert noticed.pulled()
            assert stopping.poll() is None, "it goes on trying the database"
            other.execute("ROLLBACK")
            assert stopping.wait(patient(30)) == 0
    machine.refresh_from_db()
    assert machine.stops == 1


def test_without_any_database_it_says_what_is_missing(tmp_path: Path) -> None:
    done = xoptweb("stop", XOPTWEB_HOME=str(tmp_path), XOPTWEB_DATABASE_URL="")
    assert done.returncode == 1
    assert "has been told" in done.stdout
    assert "The database did not answer" in done.stderr
    assert f"Nothing was ever started in {tmp_path}" in done.stderr
    assert json.loads((tmp_path / "stop" / "@everything").read_text())["reason"] == "STOP in a terminal"


def test_writers_are_told_before_anything_slow_begins(tmp_path: Path) -> None:
    """The database takes the connection and never says a word."""
    command = [sys.executable, "-m", "xoptweb", "stop"]
    with socket.create_server(("127.0.0.1", 0)) as silent:
        database = f"postgresql://nobody@127.0.0.1:{silent.getsockname()[1]}/nothing"
        around = os.environ | {"XOPTWEB_HOME": str(tmp_path), "XOPTWEB_DATABASE_URL": database}
        with processes.running(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=around) as stopping:
            assert stopping.stdout is not None
            with stopping.stdout as told:
                assert b"has been told" in told.readline()
                assert json.loads((tmp_path / "stop" / "@everything").read_text())["reason"] == "STOP in a terminal"
                asked, _ = silent.accept()
                asked.close()


def test_its_home_is_the_one_of_all_others(monkeypatch: pytest.MonkeyPatch) -> None:
    assert home() == config().home
    monkeypatch.delenv("XOPTWEB_HOME")
    assert home() == Config().home


def test_a_disk_that_takes_no_file_leaves_the_way_by_the_database(machine: Machine, tmp_path: Path) -> None:
    if (config().home / "stop").exists():
        (config().home / "stop").rename(tmp_path / "stop")
    (config().home / "stop").write_text("a file where the directory should be")
    try:
        done = xoptweb("stop", "--reason", "smoke")
    finally:
        (config().home / "stop").unlink()
    assert done.returncode == 1
    assert "could not be written" in done.stderr
    machine.refresh_from_db()
    assert machine.stops == 1
