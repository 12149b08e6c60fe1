"""Telling what was committed never holds up the one who wrote it."""

import os
import signal
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from tests.brokers import Broker
from tests.patience import patient
from tests.processes import wait_until
from xoptweb.courier import Courier
from xoptweb.live import notices
from xoptweb.live.services import last_number, publish


class Held:
    """A broker that takes nothing until it is let go."""

    def __init__(self) -> None:
        self.go = threading.Event()
        self.got: list[list[int]] = []

    def __call__(self, batch: list[int]) -> None:
        self.go.wait(patient(10))
        self.got.append(batch)


@pytest.fixture
def held() -> Iterator[Held]:
    deliver = Held()
    yield deliver
    deliver.go.set()


def test_posting_never_waits_and_drops_what_is_too_much(held: Held) -> None:
    courier = Courier("test", held, capacity=5)
    courier.post(0)
    wait_until(lambda: not courier._items)  # the thread has taken it and is stuck with it
    taken = [courier.post(n) for n in range(1, 10)]  # what holds the thread goes on until this test lets it
    assert taken == [True] * 5 + [False] * 4
    held.go.set()
    assert courier.flush(2)
    assert held.got == [[0], [1, 2, 3, 4, 5]]


def test_flushing_tells_when_time_was_not_enough(held: Held) -> None:
    courier = Courier("test", held, capacity=5)
    courier.post(0)
    assert not courier.flush(0.05)


def test_a_delivery_that_fails_ends_nothing() -> None:
    got: list[int] = []

    def deliver(batch: list[int]) -> None:
        if 1 in batch:
            raise ConnectionError("no broker")
        got.extend(batch)

    courier = Courier("test", deliver, capacity=5)
    for n in range(3):
        courier.post(n)
        assert courier.flush(2)
    assert got == [0, 2]


def test_a_forked_child_has_a_courier_of_its_own(held: Held) -> None:
    courier = Courier("test", held, capacity=5)
    courier.post(1)
    courier.post(2)
    read, write = os.pipe()
    child = os.fork()
    if child == 0:  # pragma: no cover - another process
        answer = b"no"
        try:
            held.go.set()
            courier.post(7)
            if courier.flush(5) and held.got == [[7]]:
                answer = b"ok"
        finally:
            os.write(write, answer)
            os.kill(os.getpid(), signal.SIGKILL)
    os.close(write)
    with os.fdopen(read, "rb") as pipe:
        assert pipe.read() == b"ok"
    os.waitpid(child, 0)


@pytest.mark.django_db(transaction=True)
def test_a_dead_broker_costs_a_writer_nothing(broker: Broker, monkeypatch: pytest.MonkeyPatch) -> None:
    waited: set[str] = set()
    deliver = notices.courier._deliver

    def delivered(batch: list[notices.Notice]) -> None:
        waited.add(threading.current_thread().name)
        deliver(batch)

    monkeypatch.setattr(notices.courier, "_deliver", delivered)
    publish("campaign:1", "evaluation", {})
    assert notices.flush(5)
    broker.kill()
    for _ in range(20):
        publish("campaign:1", "evaluation", {})
    wait_until(lambda: notices.flush(0), 20, what="the end of all tries to tell")
    assert waited == {notices.courier.name}
    assert last_number("campaign:1") == 21


@pytest.mark.django_db(transaction=True)
def test_a_writer_does_not_wait_for_a_frozen_broker(broker: Broker) -> None:
    if broker.process is None:
        pytest.skip("the Redis of this machine is not ours to freeze")
    publish("campaign:1", "evaluation", {})
    assert notices.flush(5)
    os.kill(broker.process.pid, signal.SIGSTOP)
    try:
        for _ in range(20):
            publish("campaign:1", "evaluation", {})
        assert not notices.flush(0), "the broker has yet to take what is long committed"
        assert last_number("campaign:1") == 21
    finally:
        os.kill(broker.process.pid, signal.SIGCONT)


@pytest.mark.django_db(transaction=True)
def test_one_transaction_is_one_notice_for_each_stream(monkeypatch: pytest.MonkeyPatch) -> None:
    from xoptweb.transactions import transaction

    told: list[tuple[str, Any]] = []
    monkeypatch.setattr(notices, "tell", lambda group, message: told.append((group, message())))
    with transaction("five events"):
        for n in range(4):
            publish("campaign:1", "evaluation", {"n": n})
        publish("approvals", "created", {})
        assert told == []
    assert [(group, message["last"], len(message["events"])) for group, message in told] == [
        ("live.stream.campaign.1", 4, 4),
        ("live.stream.approvals", 1, 1),
    ]
