"""A skill's examples run in the sandbox: they give what they give, are bounded, and reach nothing."""

from pathlib import Path
from typing import Any

import pytest

from modules import places
from modules.models import SkillVersion
from tests.modules.skills.writing import doing, wrote
from xoptweb.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)
ONE = [{"arguments": {"width": 1.0}, "result": "reached"}]


def row(version: SkillVersion) -> dict[str, object]:
    found: dict[str, object] = version.checks[-1]["rows"][0]
    return found


def test_examples_that_give_what_is_expected_pass_and_others_show_what_they_gave(peter: User) -> None:
    good = wrote(peter)
    assert good.state == "checked"
    assert row(good)["given"] == pytest.approx(3.14159, rel=1e-4)
    examples = [
        {"arguments": {"width": 1.0}, "result": 3.0},
        {"arguments": {"width": 2.0}, "result": 6.283185307179586},
    ]
    wrong = wrote(peter, examples=examples)
    assert wrong.state == "faulty"
    assert [each["passed"] for each in wrong.checks[-1]["rows"]] == [False, True]
    assert wrong.checks[-1]["said"] == ["1 of 2 give what is expected."]
    assert not list(places.checks().iterdir())


ESCAPES = (
    "pathlib.Path('SECRET').read_text()",
    "pathlib.Path('SECRET').write_text('x')",
    "os.listdir('HOME')",
    "os.kill(os.getppid(), 0)",
    "socket.create_connection(('127.0.0.1', 9), timeout=1)",
    "subprocess.run(['cat', 'SECRET'], check=True)",
    "xopt.call_tool('find_machines', dict())",
    "xopt.start('demo/anything').call(1)",
)
BREAKS = {
    "return 'x' * 40_000_000": "MB",
    "return bytearray(5_000_000_000).decode()": "MemoryError",
    "os._exit(0)": "ended by itself",
    "os.write(int(sys.argv[2]), b'nonsense\\n'); return 'reached'": "pipe",
    "return 7": "valid string",
    "raise ValueError('no \\x1b[31m beam')": "no \x1b[31m beam",
}


def one_of(bodies: list[str]) -> str:
    """A function whose `width` says which of these it does."""
    lines = ["import os, pathlib, socket, subprocess, sys, xopt"]
    for number, body in enumerate(bodies):
        lines += [f"if width == {number}:", f"    {body}"]
    return doing("\n".join([*lines, "return 'reached'"]))


def each_once(number: int) -> list[dict[str, Any]]:
    return [{"arguments": {"width": place}, "result": "reached"} for place in range(number)]


def test_escapes_are_refused_and_the_examples_say_so(peter: User, tmp_path: Path) -> None:
    secret = tmp_path / "secret_key"
    secret.write_text("very secret")
    bodies = [each.replace("SECRET", str(secret)).replace("HOME", str(places.root())) for each in ESCAPES]
    version = wrote(peter, one_of(bodies), examples=each_once(len(bodies)))
    assert version.state == "faulty"
    reached = [body for body, row in zip(bodies, version.checks[-1]["rows"], strict=True) if not row["error"]]
    assert reached == []
    assert secret.read_text() == "very secret"


def test_an_example_can_t_fill_the_disk(peter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    """It sleeps for a day: had nobody looked at its files, it would be its time that ends it."""
    monkeypatch.setattr("modules.skills.limits.EXAMPLE_DISK_MB", 2)
    body = """import time
for number in range(3):
    open(f'{number}', 'wb').write(bytes(1_000_000))
time.sleep(86_400)
return 'reached'"""
    version = wrote(peter, doing(body), examples=ONE)
    assert "wrote more than 2 MB of files" in str(row(version)["error"])


def test_the_secrets_of_the_host_are_not_in_its_environment(peter: User) -> None:
    version = wrote(peter, doing("import os\nreturn ' '.join(sorted(os.environ))"), examples=ONE)
    assert "PATH" in str(row(version)["given"])
    assert "XOPTWEB" not in str(row(version)["given"])


def test_what_breaks_the_rules_fails_and_is_bounded(peter: User) -> None:
    version = wrote(peter, one_of(list(BREAKS)), examples=each_once(len(BREAKS)))
    errors = [row["error"] for row in version.checks[-1]["rows"]]
    assert all(words in error for words, error in zip(BREAKS.values(), errors, strict=True)), errors


def test_an_endless_example_is_ended(peter: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("modules.skills.limits.EXAMPLE_S", 1.5)
    version = wrote(peter, doing("while True: pass"), examples=ONE)
    assert "s" in str(row(version)["error"])
    assert version.state == "faulty"


def test_nothing_of_a_text_runs_in_our_process(peter: User, tmp_path: Path) -> None:
    """Not even where a text is read for its types."""
    mark = tmp_path / "ran"
    version = wrote(peter, f"open('{mark}', 'w')\n" + doing("return 'x'"), examples=ONE)
    assert version.state == "faulty"
    assert [each["name"] for each in version.checks if not each["passed"]] == ["syntax"]
    assert not mark.exists()
