"""Runs by real workers: done, tried again when the worker dies, lost when no attempt is left."""

import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import pytest
from django.db import OperationalError, connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from modules.execution import once
from modules.execution.beginning import begin
from modules.models import Run
from modules.services import lost, running
from tests import processes
from tests.modules.installed import BY, Install, payloads, ran
from tests.patience import patient
from xoptweb.work import running as processing
from xoptweb.work import sweeping
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)

SLEEPER = "import time\nprint('begun')\ntime.sleep(float(given))\nreturn 'slept'"
Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture
def worker(tmp_path: Path) -> Iterator[Start]:
    """Start a worker of the queue of modules."""
    started: list[subprocess.Popen[bytes]] = []

    def start() -> "subprocess.Popen[bytes]":
        words = ("-Q", "modules", "-n", "modules@test", "-c", "1", "--without-gossip", "--without-mingle")
        environment = os.environ | {"XOPTWEB_ROLE": "worker", "PYTHONPATH": str(Path.cwd())}
        command = [sys.executable, "-m", "celery", "-A", "xoptweb.celery", "worker", *words, "--loglevel", "INFO"]
        with (tmp_path / f"worker-{len(started)}.log").open("wb") as log:
            started.append(processes.start(command, stdout=log, stderr=log, env=environment))
        return started[-1]

    yield start
    for process in started:
        processes.end(process)
    for log in sorted(tmp_path.glob("*.log")):
        print(f"--- {log.name}\n{log.read_text()}")  # noqa: T201


def state(run: Run) -> str:
    run.refresh_from_db()
    return run.state


def swept_state(run: Run) -> str:
    sweeping.sweep()
    return state(run)


def kill(process: "subprocess.Popen[bytes]") -> None:
    """The worker with its children, but not the modules' own processes: they have to notice."""
    children = [child for child in psutil.Process(process.pid).children(recursive=True) if "celery" in child.cmdline()]
    os.kill(process.pid, signal.SIGKILL)
    for child in children:
        if child.is_running():
            child.kill()
    process.wait(patient(5))
    psutil.wait_procs(children, 5)


def modules_running() -> list[psutil.Process]:
    """Processes of modules in the tests' home, but for those of this very process."""
    place = f"{os.environ['XOPTWEB_HOME']}/modules/installed"
    own = {child.pid for child in psutil.Process().children(recursive=True)}
    found = psutil.process_iter(["cmdline"])
    return [one for one in found if one.pid not in own and any(place in word for word in one.info["cmdline"] or ())]


def test_a_worker_does_queued_runs(install: Install, worker: Start) -> None:
    install("return given * 2")
    worker()
    runs = [running.run("tests/small", number, by=BY) for number in range(5)]
    processes.wait_until(lambda: all(state(run) == "succeeded" for run in runs), 60)
    assert [run.output for run in runs] == [0, 2, 4, 6, 8]
    assert Work.objects.filter(state="done").count() == 5


def test_runs_that_wait_follow_one_another_in_a_worker(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    """One message is enough for all; the end of each and the beginning of the next are one commit."""
    monkeypatch.setattr(processing, "FOLLOW_S", 60.0)  # however slow this machine is just now
    install("return given * 2")
    runs = [running.run("tests/small", number, by=BY) for number in range(4)]
    work = Work.objects.earliest("pk")
    with CaptureQueriesContext(connection) as asked:
        processing.run(work.pk)
    assert [state(run) for run in runs] == ["succeeded"] * 4
    assert [run.output for run in runs] == [0, 2, 4, 6]
    for run in runs:
        told = [(event["state"], event["attempt"]) for event in payloads(run, "state")]
        assert told == [("queued", 0), ("running", 1), ("succeeded", 1)]
    assert set(Work.objects.values_list("state", "attempts")) == {("done", 1)}
    assert len([query for query in asked if query["sql"] == "COMMIT"]) == 1 + len(runs)


def test_a_run_that_was_cancelled_while_it_waited_does_not_follow(install: Install) -> None:
    install("return given * 2")
    first, second, third = (running.run("tests/small", number, by=BY) for number in range(3))
    running.cancel(second, by=BY)
    for work in Work.objects.order_by("pk"):
        processing.run(work.pk)
    assert [state(run) for run in (first, second, third)] == ["succeeded", "cancelled", "succeeded"]
    assert second.attempt == 0


def test_a_run_whose_end_cannot_be_recorded_is_tried_again_and_nothing_was_begun_with_it(
    install: Install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processing, "FOLLOW_S", 60.0)  # however slow this machine is just now
    install("return given * 2")
    first, second = (running.run("tests/small", number, by=BY) for number in range(2))
    with monkeypatch.context() as patch:
        patch.setattr(once, "begin", failing_after(begin, times=1))
        processing.run(Work.objects.earliest("pk").pk)
    assert (state(first), state(second), second.attempt) == ("running", "queued", 0)
    Work.objects.update(due_at=timezone.now())
    processing.run(Work.objects.earliest("pk").pk)
    assert (state(first), first.attempt, state(second), second.attempt) == ("succeeded", 2, "succeeded", 1)


def failing_after(begin: Callable[[Run], None], *, times: int) -> Callable[[Run], None]:
    """The database goes away after so many beginnings."""
    left = iter(range(times))

    def sometimes(run: Run) -> None:
        begin(run)
        if next(left, None) is None:
            raise OperationalError("the database is gone")

    return sometimes


def test_a_run_whose_worker_dies_is_tried_again_and_says_so(install: Install, worker: Start) -> None:
    install(SLEEPER)
    first = worker()
    run = running.run("tests/small", "3", by=BY)
    processes.wait_until(lambda: state(run) == "running", 60)
    processes.wait_until(lambda: payloads(run, "step"), 20)
    kill(first)
    sweeping.sweep()
    worker()
    processes.wait_until(lambda: swept_state(run) == "succeeded", 60, every_s=0.5)
    assert (run.attempt, run.output) == (2, "slept")
    states = [(event["state"], event["attempt"]) for event in payloads(run, "state")]
    assert states == [("queued", 0), ("running", 1), ("queued", 1), ("running", 2), ("succeeded", 2)]


def test_a_run_without_attempts_left_is_lost_and_its_module_ends(install: Install, worker: Start) -> None:
    install(SLEEPER)
    first = worker()
    run = running.run("tests/small", "60", by=BY)
    Work.objects.update(attempts_max=1)
    processes.wait_until(lambda: state(run) == "running", 60)
    processes.wait_until(lambda: payloads(run, "step"), 20)
    kill(first)
    sweeping.sweep()
    assert state(run) == "lost"
    assert "died" in run.error
    assert payloads(run, "state")[-1]["state"] == "lost"
    processes.wait_until(lambda: not modules_running(), 10, what="the end of the module's process")


def test_a_commands_run_whose_process_is_gone_is_lost(install: Install) -> None:
    install("return given")
    run = ran(given=1)
    gone = subprocess.run(
        [sys.executable, "-c", "from xoptweb.work.process import identity; print(identity())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    Run.objects.filter(pk=run.pk).update(state="running", process=gone)
    assert lost.find_lost() == 1
    assert state(run) == "lost"
