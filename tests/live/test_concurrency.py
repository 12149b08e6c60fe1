"""Many writers at once: numbers without gaps, and nobody waits for each other in a circle."""

import os
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connections

from tests import processes
from tests.patience import patient
from tests.rollback import rolled_back
from xoptweb.live.models import Event, Stream
from xoptweb.live.services import events_after, publish
from xoptweb.transactions import transaction

pytestmark = pytest.mark.django_db(transaction=True)

WRITERS, EACH = 6, 25


def in_threads(write: Callable[[int], None], count: int = WRITERS) -> None:
    def run(writer: int) -> None:
        try:
            write(writer)
        finally:
            connections.close_all()

    with ThreadPoolExecutor(count) as pool:
        list(pool.map(run, range(count)))


def assert_gapless(stream: str, count: int) -> None:
    numbers = list(Event.objects.filter(stream=stream).order_by("number").values_list("number", flat=True))
    assert numbers == list(range(1, count + 1))
    assert Stream.objects.get(name=stream).last == count


def test_threads_that_write_one_stream_leave_no_gap() -> None:
    def write(writer: int) -> None:
        for n in range(EACH):
            publish("campaign:1", "evaluation", {"writer": writer, "n": n})

    in_threads(write)
    assert_gapless("campaign:1", WRITERS * EACH)


def test_each_writers_events_keep_their_order() -> None:
    def write(writer: int) -> None:
        for n in range(EACH):
            publish("campaign:1", "evaluation", {"writer": writer, "n": n})

    in_threads(write)
    events = events_after("campaign:1", 0)
    for writer in range(WRITERS):
        assert [e.payload["n"] for e in events if e.payload["writer"] == writer] == list(range(EACH))


def test_transactions_over_the_same_streams_in_different_orders_never_deadlock() -> None:
    streams = ["approvals", "campaign:1", "campaigns", "machine:demo"]

    def write(writer: int) -> None:
        order = streams[writer % 4 :] + streams[: writer % 4]
        for _ in range(EACH):
            with transaction("events of several streams"):
                for stream in order:
                    publish(stream, "state", {})

    in_threads(write)
    for stream in streams:
        assert_gapless(stream, WRITERS * EACH)


def test_transactions_that_fail_among_others_leave_no_gap() -> None:
    def write(writer: int) -> None:
        for n in range(EACH):
            if writer % 2:
                with rolled_back():
                    publish("campaign:1", "evaluation", {})
            else:
                publish("campaign:1", "evaluation", {"n": n})

    in_threads(write)
    assert_gapless("campaign:1", WRITERS // 2 * EACH)


WRITER = f"""
import django
django.setup()
from xoptweb.live.services import publish
for n in range({EACH}):
    publish("campaign:1", "evaluation", {{"n": n}})
"""


def test_processes_that_write_one_stream_leave_no_gap() -> None:
    writers = [
        processes.start([sys.executable, "-c", WRITER], env=os.environ | {"XOPTWEB_ROLE": "worker"}) for _ in range(3)
    ]
    try:
        assert [writer.wait(patient(60)) for writer in writers] == [0, 0, 0]
    except subprocess.TimeoutExpired:
        for writer in writers:
            processes.end(writer)
        raise
    assert_gapless("campaign:1", 3 * EACH)
