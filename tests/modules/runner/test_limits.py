"""Modules that take too much, end, or break things: each fails alone, with a message for a person."""

import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

from modules.runner import Failed, Limits, Pool, Spec
from tests.modules.real import World
from tests.processes import wait_until

Make = Callable[..., Spec]


def test_a_module_that_sleeps_is_ended_in_time(module: Make, pool: Pool, world: World) -> None:
    """A sleep of a day: had it not been ended, this test would not."""
    result = pool.run(module("import time\ntime.sleep(86_400)", limits=Limits(seconds=1.0)), None, world)
    assert (result.state, result.cause, result.error) == ("failed", "time", "The run took longer than 1 s.")


def test_a_module_that_computes_for_ever_is_ended(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("while True: pass", limits=Limits(seconds=1.0)), None, world)
    assert result.cause == "time"


def test_a_module_that_prints_without_end_is_ended(module: Make, pool: Pool, world: World) -> None:
    body = "for _ in range(100_000):\n    print('x' * 1000)"
    result = pool.run(module(body, limits=Limits(output_mb=2)), None, world)
    assert (result.cause, result.error) == ("output", "The module printed more than 2 MB.")
    assert sum(len(each["text"]) for each in world.of_kind("print")) <= 2_000_000


def test_an_answer_that_is_too_large_is_refused(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("return 'x' * 30_000_000", limits=Limits(output_mb=5)), None, world)
    assert (result.cause, result.error) == ("output", "The module sent a single value of more than 5 MB.")


def test_a_module_that_leaks_is_ended(module: Make, pool: Pool, world: World) -> None:
    body = "import time\nkept = []\nwhile True:\n    kept.append(bytearray(b'x') * 5_000_000)\n    time.sleep(0.005)"
    result = pool.run(module(body, limits=Limits(memory_mb=150, seconds=60)), None, world)
    assert result.state == "failed"
    assert result.error in {"The module used more than 150 MB of memory.", "MemoryError: "}


def test_one_large_piece_of_memory_is_refused_at_once(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module("return len(bytearray(2_000_000_000))", limits=Limits(memory_mb=200)), None, world)
    assert (result.cause, result.error) == ("exception", "MemoryError: ")


def test_memory_of_children_counts(module: Make, pool: Pool, world: World) -> None:
    body = """
import subprocess, sys
code = "import time; kept = bytearray(b'x') * 90_000_000; time.sleep(30)"
for _ in range(4):
    subprocess.Popen([sys.executable, "-I", "-S", "-c", code])
import time
time.sleep(30)
"""
    result = pool.run(module(body, limits=Limits(memory_mb=250, seconds=60)), None, world)
    assert result.error == "The module used more than 250 MB of memory."


def test_a_module_that_forks_without_end_is_ended_with_all_it_started(module: Make, pool: Pool, world: World) -> None:
    body = """
import os
while True:
    if os.fork() == 0:
        os.execvp("sleep", ["sleep", "61.5"])
"""
    result = pool.run(module(body, limits=Limits(processes=10, seconds=60)), None, world)
    assert (result.cause, result.error) == ("processes", "The module started more than 10 processes.")
    wait_until(lambda: not _running("61.5"), 10, what="the end of all it started")


def test_what_a_module_started_ends_with_it(module: Make, pool: Pool, world: World) -> None:
    body = """
import subprocess
subprocess.run(["sh", "-c", "sleep 301.5 > /dev/null 2>&1 &"], check=True)
return "left one behind"
"""
    assert pool.run(module(body), None, world).state == "succeeded"
    wait_until(lambda: _running("301.5"), 10, what="what was left behind")
    pool.close()
    wait_until(lambda: not _running("301.5"), 10, what="the end of all it started")


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("import os\nos._exit(3)", "The module's process ended by itself, with exit code 3."),
        (
            "import os, signal\nos.kill(os.getpid(), signal.SIGSEGV)",
            "The module's process ended by the signal SIGSEGV.",
        ),
        ("import sys\nsys.exit('enough')", "The module called sys.exit('enough')."),
        ("raise KeyboardInterrupt", "KeyboardInterrupt: "),
        ("import os\nos.closerange(0, 4096)", "The module's process ended by itself, with exit code 120."),
    ],
)
def test_a_module_that_ends_its_process_fails(module: Make, pool: Pool, world: World, body: str, message: str) -> None:
    result = pool.run(module(body), None, world)
    assert (result.state, result.error) == ("failed", message)


@pytest.mark.parametrize(
    "what", ["b'nonsense\\n'", "b'{\"jsonrpc\": \"2.0\", \"id\": 99, \"result\": {}}\\n'", "b'[]\\n'",
             "b'[' * 9000 + b'\\n'",
             "b'{\"jsonrpc\": \"2.0\", \"method\": \"event\"}\\n'",
             "b'{\"jsonrpc\": \"2.0\", \"method\": \"event\", \"params\": {\"kind\": 1}}\\n'"]
)  # fmt: skip
def test_a_module_that_writes_into_our_pipe_fails(module: Make, pool: Pool, world: World, what: str) -> None:
    body = f"""
import os, sys, time
for fd in range(3, 4096):
    try:
        os.write(fd, {what})
    except OSError:
        pass
time.sleep(30)
"""
    result = pool.run(module(body), None, world)
    assert result.cause == "protocol"
    assert result.error.startswith("The module wrote into the pipe that belongs to xoptweb")
    assert pool.warm == 0


def test_a_forked_child_cannot_talk_for_the_module(module: Make, pool: Pool, world: World) -> None:
    body = """
import os
if os.fork() == 0:
    try:
        xopt.progress(0.5, "from the child")
    finally:
        os._exit(0)
os.wait()
return "from the parent"
"""
    assert pool.run(module(body), None, world).output == "from the parent"
    assert world.asked == []


def test_code_that_raises_at_import_cannot_be_started(module: Make, pool: Pool, world: World) -> None:
    spec = module("def begin(given): pass\nraise ValueError('not today')")
    result = pool.run(spec, None, world)
    assert result.cause == "start"
    assert result.error == "The code of tests/small cannot be loaded: ValueError: not today"
    assert "main.py" in result.traceback
    with pytest.raises(Failed, match="not today"):
        pool.describe(spec, world)


@pytest.mark.parametrize(
    ("code", "message"),
    [("x = 1\n", "registers no module"), ("def (:\n", "SyntaxError"), ("import nothing_here\n", "ModuleNotFoundError"),
     ("import os; os._exit(0)\n", "exit code 0"), ("import sys; sys.exit()\n", "sys.exit")]
)  # fmt: skip
def test_code_that_is_no_module_is_said_to_be_none(
    module: Make, pool: Pool, world: World, code: str, message: str
) -> None:
    spec = module("return 1")
    (spec.source / "main.py").write_text(code)
    assert message in pool.run(spec, None, world).error


def test_a_run_can_be_cancelled_at_once(module: Make, pool: Pool) -> None:
    """Once it has begun. Had it not been ended, this test would last a day."""
    cancelled = threading.Event()

    class Cancelling(World):
        def event(self, kind: str, data: dict[str, Any]) -> None:
            super().event(kind, data)
            if kind == "print":
                cancelled.set()

    world = Cancelling()
    body = "import subprocess\nprint('begun')\nsubprocess.run(['sleep', '86400.5'])"
    result = pool.run(module(body), None, world, cancelled=cancelled)
    assert (result.state, result.error) == ("cancelled", "The run was cancelled.")
    assert world.of_kind("error") == []
    wait_until(lambda: not _running("86400.5"), 10, what="the end of all it started")


def test_a_run_that_is_cancelled_before_it_begins_does_not_begin(module: Make, pool: Pool, world: World) -> None:
    cancelled = threading.Event()
    cancelled.set()
    assert pool.run(module("return 1"), None, world, cancelled=cancelled).state == "cancelled"


def test_nothing_of_this_reaches_another_module(module: Make, pool: Pool, world: World) -> None:
    good, bad = module("return given"), module("import os\nos._exit(1)")
    for number in range(3):
        assert pool.run(bad, None, world).state == "failed"
        assert pool.run(good, number, world).output == number


def test_a_module_whose_code_is_gone_says_so(module: Make, pool: Pool, world: World) -> None:
    spec = module("return 1")
    (spec.source / "main.py").unlink()
    assert (
        pool.run(spec, None, world).error == "tests/small@1.0.0 is not complete: main.py is missing. Install it again."
    )


def _running(word: str) -> bool:
    """Whether a process has this word in its command."""
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):
            if word.encode() in path.read_bytes().split(b"\0"):
                return True
    return False
