"""What code of a model can't reach, and what is ended when it takes too much. Nothing outlives who ran it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from agents.models import Conversation
from modules.sandbox import availability, interpreters, running
from tests.modules.runner.test_isolation import listening
from tests.modules.sandbox.sleeping import PART, sleeping
from tests.pages.world import log_in
from tests.patience import patient
from tests.processes import running as process_running
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import NotAllowed, Unavailable
from xoptweb.tools import registry
from xoptweb.tools.registry import call
from xoptweb.tools.serving import serving

pytestmark = pytest.mark.django_db

Run = Callable[[str], dict[str, Any]]
REFUSED = ("PermissionError", "FileNotFoundError", "OSError")
LONG = f"401.{PART}"
ROOT = Path(__file__).resolve().parents[3]


def test_the_key_the_home_and_the_code_of_xoptweb_are_out_of_reach(python: Run, by: Actor) -> None:
    config().key()
    for path in (config().home / "secret_key", config().home, ROOT / "xoptweb", Path.home(), Path("/proc/1/environ")):
        told = python(f"import os; os.listdir({str(path)!r}) if os.path.isdir({str(path)!r}) else open({str(path)!r})")
        assert any(word in told["error"] for word in REFUSED), path


def test_the_environment_holds_no_key_and_no_setting(python: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LAB_API_KEY", "very-secret")
    seen = python("import os, pathlib; (dict(os.environ), pathlib.Path('/proc/self/environ').read_text())")["value"]
    assert "very-secret" not in seen
    assert "XOPTWEB" not in seen
    assert "DJANGO" not in seen


def test_nothing_outside_of_its_directory_can_be_written(python: Run, tmp_path: Path) -> None:
    for path in (tmp_path / "x", config().home / "x", Path("/tmp/x"), Path(sys.prefix) / "x", Path("/dev/shm/x")):  # noqa: S108
        told = python(f"open({str(path)!r}, 'w').write('x')")
        assert any(word in told["error"] for word in REFUSED), path
        assert not path.exists()


def test_everything_that_modules_may_ask_for_is_refused_in_words(python: Run) -> None:
    """Code finds the way to the host; what it asks there must not end its interpreter by an error of ours."""
    said = python("""
import gc
from xoptweb_child.wire import Answered, Wire
wire = next(each for each in gc.get_objects() if isinstance(each, Wire))
asked = {
    "chat": {"request": {}}, "call_llm": {"request": {}}, "artifact": {"given": {}},
    "call_module": {"name": "a/b", "input": 1, "context": None, "overrides": {}},
    "call_tool": {"name": "find_machines", "arguments": {}},
}
said = []
for method, params in asked.items():
    try:
        wire.ask(method, params)
    except Answered as refusal:
        said.append(method)
said
""")
    assert "error" not in said
    assert said["value"] == "['chat', 'call_llm', 'artifact', 'call_module', 'call_tool']"


@pytest.mark.parametrize("kind", ["tcp", "udp", "unix"])
def test_there_is_no_network(python: Run, tmp_path: Path, kind: str) -> None:
    with listening(tmp_path, kind) as address:
        family = "AF_UNIX" if kind == "unix" else "AF_INET"
        sort = "SOCK_DGRAM" if kind == "udp" else "SOCK_STREAM"
        told = python(f"import socket\nsocket.socket(socket.{family}, socket.{sort}).connect({address})")
    assert "PermissionError" in told["error"]


def test_commands_are_confined_as_the_interpreter_is(shell: Run) -> None:
    secret = config().home / "secret_key"
    config().key()
    told = shell(f"cat {secret}; env; kill -0 {os.getpid()}")
    assert told["exit_code"] != 0
    assert config().key() not in told["printed"]
    assert "XOPTWEB" not in told["printed"].replace(str(secret), "")


@pytest.mark.parametrize(
    ("code", "values", "why"),
    [
        ("while True: pass", {"code_s": 0.5}, "took longer than 0.5 s"),
        ("while True: print('x' * 10_000)", {}, "printed more than 4 MB"),
        ("import os\nwhile True: os.fork()", {}, "started more than 32 processes"),
        ("import os\nfor n in range(9_000_000):\n    open(f'{n}', 'wb').write(bytes(5_000_000))", {}, "of files"),
        ("import os; os._exit(3)", {}, "exit code 3"),
    ],
)
def test_what_takes_too_much_is_ended_and_told(
    python: Run, by: Actor, settings: Callable[..., None], code: str, values: dict[str, Any], why: str
) -> None:
    settings(**values)
    told = python(code)
    assert why in told["error"]
    assert "its variables are gone" in told["note"]
    assert call("list_files", {}, by) == []
    assert python("1 + 1")["value"] == "2"


def test_memory_is_bounded(python: Run, settings: Callable[..., None]) -> None:
    settings(code_memory_mb=200)
    told = python("kept = []\nwhile True: kept.append(bytearray(b'x') * 5_000_000)")
    assert "more than 200 MB of memory" in told["error"] or "MemoryError" in told["error"]


def test_what_a_call_leaves_running_stands_still_until_the_next_one(python: Run) -> None:
    python("""
import threading, time
ticks = []
def tick():
    while True:
        ticks.append(time.monotonic()); time.sleep(0.001)
threading.Thread(target=tick, daemon=True).start()
""")
    pool = interpreters.pool()
    (process,) = pool._idle
    wait_until(lambda: _state(process.pid) == "T", what="the freeze")
    assert python("len(ticks) > 0")["value"] == "True"


def _state(pid: int) -> str:
    return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]


def test_cancelling_ends_running_code_at_once(here: Conversation, by: Actor) -> None:
    """A sleep of a day: had it not been ended, this test would not."""
    wanted_no_more = threading.Event()
    with serving(here.stream, wanted_no_more.is_set):
        threading.Timer(0.3, wanted_no_more.set).start()
        told = call("python", {"code": "import time; time.sleep(86_400)"}, by)
    assert "cancelled" in told["error"]


def test_nothing_outlives_a_worker_that_is_killed(tmp_path: Path) -> None:
    if reason := availability.no_sandbox():
        pytest.skip(reason)
    program = tmp_path / "worker.py"
    program.write_text("""
import sys, django
django.setup()
from modules.sandbox import interpreters
from modules.sandbox.running import _asked
code = f"import subprocess; subprocess.Popen(['sleep', {sys.argv[1]!r}]); print('begun')"
_asked(interpreters.pool(), interpreters.of_conversation(1), {"code": code}, {})
print("ready", flush=True)
sys.stdin.read()
""")
    with process_running(
        [sys.executable, program, LONG], stdin=-1, stdout=-1, cwd=ROOT, env={**os.environ, "PYTHONPATH": str(ROOT)}
    ) as worker:
        assert worker.stdin is not None
        assert worker.stdout is not None
        with worker.stdin, worker.stdout:
            assert worker.stdout.readline() == b"ready\n"
            assert sleeping(LONG)
            worker.send_signal(signal.SIGKILL)
            worker.wait(patient(5))
        wait_until(lambda: not sleeping(LONG), what="the end of all that it started")


def test_only_in_a_conversation_of_ones_own(here: Conversation, peter: User, olga: User) -> None:
    with pytest.raises(NotAllowed):
        call("python", {"code": "1"}, Actor(user=peter))
    with serving("run:1"), pytest.raises(NotAllowed):
        call("python", {"code": "1"}, Actor(user=olga))


def test_the_shell_is_off_unless_an_administrator_allows_it(by: Actor) -> None:
    with pytest.raises(Unavailable, match="XOPTWEB_AGENT_SHELL"):
        call("shell", {"command": "true"}, by)
    assert "shell" not in {spec.name for spec in registry.offered(by)}
    assert "python" in {spec.name for spec in registry.offered(by)}


def test_an_interpreter_that_is_named_is_used_and_has_to_be_there(
    python: Run, by: Actor, settings: Callable[..., None], tmp_path: Path
) -> None:
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", tmp_path / "lab"], check=True)
    settings(interpreter=tmp_path / "lab" / "bin" / "python")
    assert str(tmp_path / "lab") in python("import sys; sys.prefix")["value"]
    settings(interpreter=tmp_path / "nothing")
    with pytest.raises(Unavailable, match="names no program"):
        python("1")


def test_without_a_sandbox_nothing_is_run_and_the_reason_is_said(
    here: Conversation, by: Actor, olga: User, shell: Run, client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("modules.runner.isolation.bubblewrap", lambda: None)
    monkeypatch.setattr("modules.runner.isolation.landlock_version", lambda: 0)
    assert not {"python", "shell"} & {spec.name for spec in registry.offered(by)}
    offered, _, missing = log_in(client, olga).get("/assistant/").content.decode().partition("Not here, or not for you")
    for name in ("python", "shell"):
        assert f'<b class="num">{name}</b>' not in offered
        assert f'<b class="num">{name}</b> <span class="quiet">This host has no sandbox' in missing
    with pytest.raises(Unavailable, match="no sandbox"):
        call("python", {"code": "1"}, by)
    with pytest.raises(Unavailable, match="no sandbox"):
        running.ask(here, {"code": "1"}, by=by)


def test_an_answer_that_the_code_has_forged_is_checked(python: Run, by: Actor) -> None:
    forged = """
import json, os
answer = {"calls": 1, "files": {"../../evil": "eA=="}, "figures": [{"title": "x", "png": "eA=="}]}
for fd in range(3, 64):
    for number in range(1, 9):
        message = {"jsonrpc": "2.0", "id": number, "result": {"output": answer, "text": ""}}
        try:
            os.write(fd, json.dumps(message).encode() + b"\\n")
        except OSError:
            pass
import time; time.sleep(1)
"""
    told = python(forged)
    assert "error" in told or told["not_kept"]["paths"] == ["../../evil"]
    assert call("list_files", {}, by) == []
