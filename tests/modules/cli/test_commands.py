"""The commands of modules, each in a process of its own: what goes to which output, and the exit code."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path

import pytest

from tests.frame.documents import text
from tests.modules.installed import source
from tests.patience import patient
from xoptweb.config import BASE_DIR

PART = re.compile(r"<!-- file: (\S+) -->\n```\w+\n(.*?)```|<!-- run -->\n```console\n(.*?)```", re.DOTALL)


class Terminal:
    """A terminal in a directory, with a home of its own."""

    def __init__(self, directory: Path, home: Path) -> None:
        self.directory = directory
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XOPTWEB_")}
        own = {"XOPTWEB_HOME": str(home), "XOPTWEB_SECRET_KEY": "only-for-tests", "PYTHONPATH": str(BASE_DIR)}
        self.environment = kept | own

    def type(self, line: str, *, at: str = ".") -> "subprocess.CompletedProcess[str]":
        words = shlex.split(line)
        assert words[0] == "xoptweb"
        return subprocess.run(
            [sys.executable, "-m", *words],
            cwd=self.directory / at, env=self.environment, capture_output=True, text=True, check=False,
            timeout=patient(100),
        )  # fmt: skip


@pytest.fixture(scope="session")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One home for these tests: its database is made once."""
    return tmp_path_factory.mktemp("home")


@pytest.fixture
def terminal(tmp_path: Path, home: Path) -> Terminal:
    return Terminal(tmp_path, home)


def test_the_tutorial_for_authors_does_what_it_says(terminal: Terminal) -> None:
    for part in PART.finditer(text("modules-authors.md")):
        if part[1]:
            file = terminal.directory / part[1]
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(part[2])
            continue
        for shown in re.split(r"^\$ ", part[3], flags=re.MULTILINE)[1:]:
            line, _, expected = shown.partition("\n")
            done = terminal.type(line)
            assert (done.returncode, done.stdout) == (0, expected), (line, done.stderr)


def test_the_modules_for_stages_that_ship_are_installed_once(terminal: Terminal) -> None:
    done = terminal.type("xoptweb install --stages")
    names = ("state-identification", "decision", "configuration", "analysis")
    assert done.stdout.splitlines() == [f"Installed xoptweb/{name}@1.0.0." for name in names], done.stderr
    again = terminal.type("xoptweb install --stages")
    assert (again.returncode, again.stdout) == (0, "")
    assert again.stderr.strip().endswith("All of them are here already.")


def test_the_result_alone_is_on_standard_output(terminal: Terminal) -> None:
    source(terminal.directory / "loud", "print('noise')\nreturn 345.0", name="cli/loud")
    assert terminal.type("xoptweb install", at="loud").returncode == 0
    done = terminal.type("xoptweb run cli/loud x")
    assert (done.returncode, done.stdout) == (0, "345.0\n")
    assert "noise" not in done.stderr
    listed = terminal.type("xoptweb list").stdout
    assert re.search(r"^cli/loud@1\.0\.0  /\S+/cli/loud/1\.0\.0$", listed, re.MULTILINE)


def test_failures_have_exit_code_1_and_a_message_and_no_traceback_of_ours(terminal: Terminal) -> None:
    source(terminal.directory / "bad", "raise ValueError('no such magnet')", name="cli/bad")
    assert terminal.type("xoptweb install bad").returncode == 0
    for line, says in (
        ("xoptweb run cli/bad x", "no such magnet"),
        ("xoptweb run cli/none x", "cli/none is not installed"),
        ("xoptweb run ../.. x", "not a module name"),
        ("xoptweb install nowhere.xopt", "nowhere.xopt"),
        ("xoptweb package nowhere", "xopt.yaml"),
        ("xoptweb uninstall cli/none", "cli/none"),
        ("xoptweb sync", "xoptweb init"),
        ("xoptweb prun cli/bad x", "xoptweb init"),
        ("xoptweb dev bad cli/other x", "cli/bad, not cli/other"),
    ):
        done = terminal.type(line)
        assert (done.returncode, done.stdout) == (1, ""), line
        assert says in done.stderr, (line, done.stderr)
        assert "xoptweb/cli" not in done.stderr, line


@pytest.mark.parametrize(
    "line",
    ["xoptweb run", "xoptweb run a/b", "xoptweb run a/b x -c nonsense", "xoptweb run a/b x -c '{\"tunable\": {}}'",
     "xoptweb dev x", "xoptweb package", "xoptweb run a/b x -c '[]'"],
)  # fmt: skip
def test_a_command_that_is_not_understood_has_exit_code_2(terminal: Terminal, line: str) -> None:
    done = terminal.type(line)
    assert (done.returncode, done.stdout) == (2, "")
    assert "usage:" in done.stderr


def test_a_module_that_is_uninstalled_is_gone(terminal: Terminal) -> None:
    source(terminal.directory / "brief", name="cli/brief")
    terminal.type("xoptweb install brief")
    assert terminal.type("xoptweb uninstall cli/brief").stdout == "Uninstalled cli/brief@1.0.0.\n"
    assert terminal.type("xoptweb run cli/brief x").returncode == 1


def test_dev_runs_what_the_directory_holds_now_and_installs_nothing(terminal: Terminal) -> None:
    made = source(terminal.directory / "mine", "return 'first'", name="cli/mine")
    assert terminal.type("xoptweb dev mine cli/mine x").stdout == "first\n"
    source(made, "return 'second'", name="cli/mine")
    assert terminal.type("xoptweb dev mine cli/mine x").stdout == "second\n"
    assert "cli/mine" not in terminal.type("xoptweb list").stdout


def test_a_sync_that_fails_is_loud_and_leaves_the_lock_as_it_was(terminal: Terminal) -> None:
    source(terminal.directory / "dep", "return 'of the project'", name="cli/dep")
    assert terminal.type("xoptweb init").returncode == 0
    deps = terminal.directory / ".xopt" / "deps.toml"
    wanted = '[modules]\n"cli/dep" = "1.0.0"\n\n[sources]\n"cli/dep" = { path = "dep" }\n'
    deps.write_text(wanted)
    done = terminal.type("xoptweb sync")
    assert (done.returncode, done.stdout) == (0, "cli/dep@1.0.0  dep\n")
    lock = (terminal.directory / ".xopt" / "lock.toml").read_text()
    assert "sha" not in lock
    assert 'digest = "' in lock
    (terminal.directory / "below").mkdir()
    assert terminal.type("xoptweb prun cli/dep x", at="below").stdout == "of the project\n"
    deps.write_text(wanted.replace("1.0.0", "2.0.0"))
    done = terminal.type("xoptweb sync")
    assert (done.returncode, done.stdout) == (1, "")
    assert "2.0.0 is asked for" in done.stderr
    assert (terminal.directory / ".xopt" / "lock.toml").read_text() == lock
    assert "not synced" in terminal.type("xoptweb prun cli/dep x").stderr


CALCULATOR = """
import xopt

client = xopt.client()
digits = client.tunable("digits", "Digits after the point")


@xopt.step
def calculate(expression):
    left, right = str(expression).split("+")
    return round(float(left) + float(right), int(digits()))


@xopt.module
def calculator():
    module = xopt.Module("xopt/calculator", "0.1.0", "Adds.", tunables=[digits])
    module.register("calculate", calculate, str)
    module.set_start_step("calculate")
    return module


xopt.register(calculator)
"""


def test_the_commands_of_the_original_one_by_one(terminal: Terminal) -> None:
    made = terminal.directory / "calculator"
    made.mkdir()
    (made / "calculator.py").write_text(CALCULATOR)
    (made / "xopt.yaml").write_text("xopt/calculator@0.1.0:\n  tunables:\n    digits: 3\n  configurables: {}\n")
    (made / "pyproject.toml").write_text(
        '[project]\nname = "calculator"\nversion = "0.1.0"\ndependencies = ["xopt @ file:///somewhere/else"]\n'
    )
    assert terminal.type("xoptweb package calculator").returncode == 0
    assert (terminal.directory / "xopt_calculator-0.1.0.xopt").exists()
    assert terminal.type("xoptweb package calculator -o other.xopt").stdout.endswith("other.xopt\n")
    assert terminal.type("xoptweb dev calculator xopt/calculator '1+2.34567'").stdout == "3.346\n"
    assert terminal.type("xoptweb install xopt_calculator-0.1.0.xopt").returncode == 0
    assert terminal.type("xoptweb install", at="calculator").returncode == 0
    assert re.search(
        r"^xopt/calculator@0\.1\.0  /.*/calculator/0\.1\.0\n", terminal.type("xoptweb list").stdout, re.MULTILINE
    )
    assert terminal.type("xoptweb run xopt/calculator '300+45'").stdout == "345.0\n"
    one = """-c '{"tunables": {"digits": 1}}'"""
    assert terminal.type(f"xoptweb run xopt/calculator '1+2.34567' {one}").stdout == "3.3\n"
    assert terminal.type("xoptweb init").returncode == 0
    (terminal.directory / ".xopt" / "deps.toml").write_text('[modules]\n"xopt/calculator" = "0.1.0"\n')
    (terminal.directory / ".xopt" / "xopt-calculator.toml").write_text("[tunables]\ndigits = 2\n")
    assert terminal.type("xoptweb sync").returncode == 0
    assert terminal.type("xoptweb prun xopt/calculator '1+2.34567'").stdout == "3.35\n"
    assert "needed by project" in terminal.type("xoptweb uninstall xopt/calculator").stderr
    (terminal.directory / ".xopt" / "deps.toml").write_text("[modules]\n")
    (terminal.directory / ".xopt" / "xopt-calculator.toml").unlink()
    assert terminal.type("xoptweb sync").returncode == 0
    assert terminal.type("xoptweb uninstall xopt/calculator").returncode == 0
    assert "xopt/calculator" not in terminal.type("xoptweb list").stdout
