"""Telling a living process from a dead one, and from another with the same number."""

import os
import signal
import subprocess
import sys
import time

from tests import processes
from xoptweb.work.process import alive, identity

IDENTITY = "from xoptweb.work.process import identity; print(identity(), flush=True)"


def started() -> tuple["subprocess.Popen[bytes]", str]:
    command = [sys.executable, "-c", f"{IDENTITY}; import time; time.sleep(60)"]
    process = processes.start(command, stdout=subprocess.PIPE)
    assert process.stdout is not None
    with process.stdout as output:
        return process, output.readline().decode().strip()


def test_this_process_is_alive_and_keeps_its_name() -> None:
    assert alive(identity()) is True
    time.sleep(0.05)
    assert identity() == identity()


def test_a_process_is_dead_as_soon_as_it_was_killed_also_before_it_is_reaped() -> None:
    process, name = started()
    assert alive(name) is True
    os.kill(process.pid, signal.SIGKILL)
    processes.wait_until(lambda: alive(name) is False, 2)
    assert process.poll() is not None
    assert alive(name) is False


def test_a_frozen_process_is_alive() -> None:
    process, name = started()
    os.kill(process.pid, signal.SIGSTOP)
    assert alive(name) is True
    processes.end(process, grace_s=0.1)


def test_another_process_with_the_same_number_is_not_the_one() -> None:
    host, pid, start = identity().rsplit(":", 2)
    assert alive(f"{host}:{pid}:{int(start) - 1}") is False


def test_a_process_of_another_host_is_not_ours_to_judge() -> None:
    assert alive("elsewhere:1:1") is None
