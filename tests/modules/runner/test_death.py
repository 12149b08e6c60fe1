"""When the process that runs a module is killed, nothing of the module goes on."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from modules.runner import Spec, measuring
from tests.processes import wait_until

Make = Callable[..., Spec]
FAMILY = """
import os, subprocess, sys, time
sleeper = subprocess.Popen(["sleep", "86401.5"])
deep = subprocess.Popen(["sh", "-c", "sleep 86401.5 & echo $!; wait"], stdout=subprocess.PIPE, text=True)
pids = [os.getpid(), sleeper.pid, deep.pid, int(deep.stdout.readline())]
deaf = os.fork()
if deaf == 0:
    import signal
    for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    os.close(1)
    while True:
        time.sleep(1)
print(os.getcwd(), *pids, deaf, flush=True)
while True:
    time.sleep(1)
"""
HOST = """
import sys
from pathlib import Path
from modules import runner
class Host:
    def event(self, kind, data):
        print(data["text"] if kind == "print" else "", flush=True)
spec = runner.Spec("tests/small", "1.0.0", Path(sys.argv[1]), Path(sys.argv[2]), "main.py")
pool = runner.Pool()
{before}
pool.run(spec, None, Host())
"""
KILL_THE_GUARD = """
import os, signal
from dataclasses import replace
from modules.runner.guard import guard
pool.run(replace(spec, source=Path({source!r})), None, Host())
os.kill(guard._popen.pid, signal.SIGKILL)
os.waitid(os.P_PID, guard._popen.pid, os.WEXITED | os.WNOWAIT)
"""


class Family:
    """The processes of a module that runs in a host of its own, and where it may write."""

    def __init__(self, host: "subprocess.Popen[str]", scratch: Path, pids: list[int]) -> None:
        self.host, self.scratch, self.pids = host, scratch, pids

    def living(self) -> list[int]:
        return [pid for pid in self.pids if Path(f"/proc/{pid}/exe").exists()]

    def guards(self) -> list[int]:
        below = measuring.family(self.host.pid)
        return [pid for pid in below if b"after_death.py" in Path(f"/proc/{pid}/cmdline").read_bytes()]

    def wait_until_nothing_is_left(self) -> None:
        wait_until(lambda: not self.living() and not self.scratch.exists(), 20, what="the end of all it started")


def outside(host: int, inside: list[int]) -> list[int]:
    """Which processes below the host these are: in a namespace of their own they have other numbers."""
    known: dict[int, int] = {}
    for pid in measuring.family(host):
        lines = Path(f"/proc/{pid}/status").read_text().splitlines()
        numbers = next(line.split()[1:] for line in lines if line.startswith("NSpid:"))
        known[int(numbers[-1])] = pid
    return [known[number] for number in inside]


@contextmanager
def family(spec: Spec, before: str = "") -> Iterator[Family]:
    command = [sys.executable, "-c", HOST.replace("{before}", before), str(spec.source), str(spec.python)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, start_new_session=True) as host:
        assert host.stdout is not None
        words = next(line for line in host.stdout if line.startswith("/")).split()
        found = Family(host, Path(words[0]), outside(host.pid, [int(word) for word in words[1:]]))
        try:
            assert len(found.living()) == len(found.pids) == 5
            yield found
        finally:
            host.kill()
            for pid in found.living():
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)


def test_all_that_a_module_started_ends_with_the_process_that_ran_it(module: Make) -> None:
    with family(module(FAMILY)) as found:
        found.host.kill()
        found.wait_until_nothing_is_left()


def test_also_when_the_whole_group_of_that_process_is_killed(module: Make) -> None:
    with family(module(FAMILY)) as found:
        os.killpg(found.host.pid, signal.SIGKILL)
        found.wait_until_nothing_is_left()


def test_also_when_it_was_frozen_first(module: Make) -> None:
    with family(module(FAMILY)) as found:
        found.host.send_signal(signal.SIGSTOP)
        found.host.kill()
        found.wait_until_nothing_is_left()


def test_a_guard_that_was_killed_is_replaced_when_the_next_module_begins(module: Make) -> None:
    with family(module(FAMILY), before=KILL_THE_GUARD.format(source=str(module("return 1").source))) as found:
        found.host.kill()
        found.wait_until_nothing_is_left()


def test_the_guard_ends_with_the_process_that_it_guards(module: Make) -> None:
    with family(module(FAMILY)) as found:
        guards = found.guards()
        assert len(guards) == 1
        found.host.kill()
        wait_until(lambda: not Path(f"/proc/{guards[0]}/exe").exists(), 20, what="the end of the guard")
