"""Work runs, once, whatever dies: workers, beat and broker are real processes here."""

import os
import signal
import threading
import time
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest
from django.utils import timezone

from tests.brokers import Broker
from tests.processes import wait_until
from tests.rollback import rolled_back
from tests.work.conftest import Start
from xoptweb.config import config
from xoptweb.transactions import transaction
from xoptweb.work import sender
from xoptweb.work.broker import waiting
from xoptweb.work.models import Work
from xoptweb.work.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

DONE, CLAIMED, FAILED = Work.State.DONE, Work.State.CLAIMED, Work.State.FAILED


def state(work: Work) -> str:
    return Work.objects.get(pk=work.pk).state


def lines(path: Path) -> list[str]:
    return path.read_text().splitlines() if path.exists() else []


def child_of(path: Path) -> int:
    """The process that runs the work, by its first line."""
    wait_until(partial(lines, path), 15, what="the start of the work")
    return int(lines(path)[0].split()[-1])


def test_work_runs_after_its_commit_without_waiting_for_a_sweep(worker: Start, broker: Broker, tmp_path: Path) -> None:
    worker()
    first = enqueue("tests.append", {"path": str(tmp_path / "first")})
    wait_until(lambda: state(first) == DONE, 20, what="the first work")
    second = enqueue("tests.append", {"path": str(tmp_path / "second")})
    wait_until(lambda: state(second) == DONE, 20, what="the second, though no beat is there to sweep")


def test_work_of_a_transaction_that_is_rolled_back_never_runs(worker: Start, broker: Broker, tmp_path: Path) -> None:
    worker()
    with rolled_back():
        enqueue("tests.append", {"path": str(tmp_path / "never")})
    after = enqueue("tests.append", {"path": str(tmp_path / "after")})
    wait_until(lambda: state(after) == DONE, 20)
    assert not (tmp_path / "never").exists()


def test_a_killed_worker_child_costs_no_work_and_nobody_waits_for_its_claim_to_end(
    worker: Start, start: Start, broker: Broker, tmp_path: Path
) -> None:
    start("beat")
    worker()
    path = tmp_path / "trace"
    work = enqueue("tests.append", {"path": str(path), "seconds": 2})
    os.kill(child_of(path), signal.SIGKILL)
    wait_until(lambda: len(lines(path)) >= 2, config().work_claim_s / 2, what="a second start before the claim is over")
    wait_until(lambda: state(work) == DONE, 10)
    assert Work.objects.get(pk=work.pk).attempts == 2


def test_a_worker_killed_with_all_its_children_leaves_its_work_to_the_next(
    worker: Start, start: Start, broker: Broker, tmp_path: Path
) -> None:
    start("beat")
    first = worker()
    running, held_back = tmp_path / "running", tmp_path / "held back"
    work = [
        enqueue("tests.append", {"path": str(running), "seconds": 2}),
        enqueue("tests.append", {"path": str(held_back)}),  # prefetched by the worker, and lost with it
    ]
    child_of(running)
    os.killpg(first.pid, signal.SIGKILL)
    worker()
    wait_until(lambda: all(state(row) == DONE for row in work), 40)
    assert len([line for line in lines(running) if line.startswith("end")]) == 1
    assert len(lines(held_back)) == 1


def test_work_whose_worker_dies_every_time_fails_visibly(
    worker: Start, start: Start, broker: Broker, tmp_path: Path
) -> None:
    start("beat")
    worker()
    path = tmp_path / "trace"
    work = enqueue("tests.append", {"path": str(path), "seconds": 60}, attempts_max=1)
    os.kill(child_of(path), signal.SIGKILL)
    wait_until(lambda: state(work) == FAILED, 10)
    assert "died" in Work.objects.get(pk=work.pk).error


def test_a_broker_that_lost_its_memory_costs_seconds(
    worker: Start, start: Start, broker: Broker, tmp_path: Path
) -> None:
    start("beat")
    work = enqueue("tests.append", {"path": str(tmp_path / "trace")})
    assert sender.flush(5)
    broker.flush()
    worker()
    wait_until(lambda: state(work) == DONE, 20)


def test_a_dead_broker_costs_a_writer_nothing_and_its_work_runs_when_it_is_back(
    worker: Start, start: Start, broker: Broker, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the broker does, it is another thread than the writer's that waits for it."""
    waited: set[str] = set()

    def delivered(wakes: list[sender.Wake]) -> None:
        waited.add(threading.current_thread().name)
        sender.deliver(wakes)

    monkeypatch.setattr(sender.courier, "_deliver", delivered)
    start("beat")
    worker()
    first = enqueue("tests.append", {"path": str(tmp_path / "first")})
    wait_until(lambda: state(first) == DONE, 20)
    broker.kill()
    with transaction("a writer that must not wait"):
        for n in range(20):
            last = enqueue("tests.append", {"path": str(tmp_path / str(n))})
    wait_until(lambda: sender.flush(0), 20, what="the end of all tries to send")
    assert waited == {sender.courier.name}
    time.sleep(7)  # longer than a resend, and than the first pauses of those who reconnect
    assert state(last) == Work.State.DUE
    broker.start()
    ours = Work.objects.filter(name="tests.append")
    wait_until(lambda: ours.filter(state=DONE).count() == 21, 40, what="all of the work")


def test_a_worker_that_held_a_message_when_the_broker_died_goes_on(
    worker: Start, start: Start, broker: Broker, tmp_path: Path
) -> None:
    start("beat")
    worker()
    busy, held, later = tmp_path / "busy", tmp_path / "held", tmp_path / "later"
    enqueue("tests.append", {"path": str(busy), "seconds": 3})
    child_of(busy)
    enqueue("tests.append", {"path": str(held)})  # fetched beforehand, as the only child is busy
    assert sender.flush(5)
    wait_until(lambda: not waiting("default"), 5, what="the worker to fetch it")
    broker.kill()
    wait_until(held.exists, 20, what="the work that had been fetched")
    broker.start()
    enqueue("tests.append", {"path": str(later)})
    wait_until(later.exists, 30, what="work after the outage")


def test_waiting_work_is_not_sent_over_and_over_to_a_busy_worker(
    worker: Start, start: Start, broker: Broker, tmp_path: Path
) -> None:
    start("beat")
    worker()
    busy = tmp_path / "busy"
    enqueue("tests.append", {"path": str(busy), "seconds": 12})
    child_of(busy)
    waiting = [enqueue("tests.append", {"path": str(tmp_path / "waiting"), "line": str(n)}) for n in range(5)]
    time.sleep(9)
    with broker.client(0) as client:
        assert client.llen("default") <= len(waiting) + 2  # one that the worker holds back, one of its slow start
    wait_until(lambda: all(state(work) == DONE for work in waiting), 20)
    assert sorted(lines(tmp_path / "waiting")) == sorted(set(lines(tmp_path / "waiting")))


def test_work_that_is_due_later_waits_until_then(worker: Start, start: Start, broker: Broker, tmp_path: Path) -> None:
    start("beat")
    worker()
    path = tmp_path / "later"
    work = enqueue("tests.append", {"path": str(path)}, due_at=timezone.now() + timedelta(seconds=4))
    wait_until(lambda: state(work) == DONE, 15)
    claimed_at = Work.objects.get(pk=work.pk).claimed_at
    assert claimed_at is not None
    assert claimed_at >= work.due_at
