"""The command line as a whole."""

import subprocess
import sys
from pathlib import Path

import pytest

from controls.models import Machine
from tests.cli.commands import xoptweb
from xoptweb import cli
from xoptweb.config import BASE_DIR


def test_help_names_every_command() -> None:
    said = xoptweb("--help").stdout
    assert all(f"\n    {name}" in said for name in cli.COMMANDS)


def test_help_loads_neither_django_nor_settings() -> None:
    code = "import sys, xoptweb.cli as cli\ntry: cli.main(['stop', '--help'])\nexcept SystemExit: pass\n"
    code += "assert not {'django', 'pydantic', 'celery'} & set(sys.modules), 'slow'"
    subprocess.run([sys.executable, "-c", code], check=True, capture_output=True)


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_explains_itself(name: str) -> None:
    done = xoptweb(name, "--help")
    assert done.returncode == 0, done.stderr
    assert cli.COMMANDS[name][1:30] in " ".join(done.stdout.split())


@pytest.mark.django_db(transaction=True)
def test_a_facility_file_is_loaded_once() -> None:
    demo = str(BASE_DIR / "examples" / "demo" / "facility.yaml")
    for _ in range(2):
        done = xoptweb("load", demo, "--address-list", "10.0.0.1", "--server-port", "5070")
        assert done.returncode == 0, done.stderr
    machine = Machine.objects.get()
    assert (machine.slug, machine.address_list, machine.server_port) == ("demo-linac", "10.0.0.1", 5070)


@pytest.mark.django_db(transaction=True)
def test_a_wrong_facility_file_is_told_by_its_keys(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text("machine: {slug: a b, name: A}\nchannels: {Q1: {address: X, low: 2, high: 1}}\n")
    done = xoptweb("load", str(path))
    assert done.returncode == 1
    assert "machine.slug: " in done.stderr
    assert "channels.Q1: low (2) must be below high (1)" in done.stderr


def test_status_and_reload_say_when_nothing_runs(tmp_path: Path) -> None:
    done = xoptweb("status", XOPTWEB_HOME=str(tmp_path))
    assert (done.returncode, done.stderr) == (1, f"xoptweb status: Nothing runs in {tmp_path}.\n")


def test_without_a_command_it_says_which_there_are() -> None:
    done = xoptweb()
    assert done.returncode == 2
    assert all(f"\n    {name}" in done.stderr for name in cli.COMMANDS)


@pytest.mark.parametrize("name", ["up", "stop", "status"])
def test_a_home_that_cannot_be_used_is_told_without_a_traceback(name: str, tmp_path: Path) -> None:
    home = tmp_path / "file"
    home.touch()
    done = xoptweb(name, XOPTWEB_HOME=str(home), XOPTWEB_PORT="0")
    assert done.returncode == 1
    assert f"{home}" in done.stderr
    assert "Set XOPTWEB_HOME to a directory that you may write to." in done.stderr
    assert "Traceback" not in done.stderr


def test_a_database_that_is_away_is_told_without_a_traceback(tmp_path: Path) -> None:
    away = {"XOPTWEB_HOME": str(tmp_path), "XOPTWEB_DATABASE_URL": "postgres://root@127.0.0.1:1/none"}
    done = xoptweb("up", **away)
    assert done.returncode == 1
    assert "xoptweb setup: The database does not answer: " in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("XOPTWEB_PORT", "http", "must be a whole number"),
        ("XOPTWEB_PORT", "70000", "must be at most 65535"),
        ("XOPTWEB_DEMO", "perhaps", "must be yes or no"),
        ("XOPTWEB_HEARTBEAT_MAX_AGE_S", "0", "must be more than 0"),
        ("XOPTWEB_ALLOWED_HOSTS", "tuning.lab", "Write a list as JSON"),
    ],
)
def test_a_wrong_setting_stops_the_start_and_is_named(name: str, value: str, reason: str) -> None:
    done = xoptweb("up", **{name: value})
    assert done.returncode == 1
    assert f"{name}: {reason}" in done.stderr
    assert "Traceback" not in done.stderr
