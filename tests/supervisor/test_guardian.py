"""When the supervisor is killed, the guardian leaves no process behind."""

import os
import signal
import subprocess
import sys
import textwrap
from pathlib import Path

import psutil

from tests import processes
from tests.patience import patient
from tests.processes import wait_until
from xoptweb.supervisor import leftovers

PARENT = textwrap.dedent("""
    import os, subprocess, sys, time
    os.environ["XOPTWEB_SUPERVISOR_PID"] = str(os.getpid())
    subprocess.Popen([sys.executable, "-m", "xoptweb.supervisor.guardian"], start_new_session=True)
    subprocess.Popen(["sh", "-c", "sleep 300 & trap '' TERM; sleep 300; wait"], start_new_session=True)
    print("started", flush=True)
    time.sleep(300)
""")


def alive(process: psutil.Process) -> bool:
    """A zombie is none: whoever inherited it here may not look."""
    return process.is_running() and process.status() != psutil.STATUS_ZOMBIE


def test_the_children_of_a_killed_supervisor_are_gone_within_five_seconds(tmp_path: Path) -> None:
    mark = f"test-{os.getpid()}"
    environment = {**os.environ, leftovers.MARK: mark}
    with processes.running([sys.executable, "-c", PARENT], env=environment, stdout=subprocess.PIPE) as parent:
        assert parent.stdout is not None
        parent.stdout.readline()
        parent.stdout.close()
        wait_until(lambda: len(leftovers.marked(leftovers.of_mark(mark))) >= 4, 10)
        family = leftovers.marked(leftovers.of_mark(mark))
        parent.send_signal(signal.SIGKILL)
        parent.wait(patient(5))
        wait_until(lambda: not any(alive(process) for process in family), 5)
        assert leftovers.marked(leftovers.of_mark(mark)) == []


def test_another_supervisors_processes_are_left_alone() -> None:
    environment = {**os.environ, leftovers.MARK: "somebody-else"}
    with processes.running(["sleep", "300"], env=environment) as other:
        assert leftovers.end(leftovers.of_mark(f"nobody-{os.getpid()}"), grace_s=0) == 0
        assert other.poll() is None


def test_what_an_earlier_supervisor_of_this_home_left_is_found(tmp_path: Path) -> None:
    environment = {**os.environ, leftovers.MARK: "earlier", "XOPTWEB_HOME": str(tmp_path)}
    with processes.running(["sleep", "300"], env=environment) as left:
        assert [p.pid for p in leftovers.marked(leftovers.of_home(tmp_path, but="now"))] == [left.pid]
        assert leftovers.end(leftovers.of_home(tmp_path, but="now"), grace_s=1) == 1
        wait_until(lambda: left.poll() is not None, 5)
