"""The IOC's own record of what reached it."""

import itertools
import math
import time
from concurrent.futures import ThreadPoolExecutor

from controls.demo import names
from controls.demo.process import DemoIoc
from tests.ca_client import IndependentClient

Q1, Q2, _ = names.QUADRUPOLES


def test_a_put_is_in_the_log_when_it_is_answered(ioc: DemoIoc, outside: IndependentClient) -> None:
    began, began_mono = time.time(), time.monotonic()
    outside.put(Q1, 11.25)
    put = ioc.puts(Q1)[-1]
    assert put.value == 11.25
    assert began <= put.t <= time.time()
    assert began_mono <= put.mono <= time.monotonic()


def test_puts_of_the_same_value_are_all_logged(ioc: DemoIoc, outside: IndependentClient) -> None:
    before = len(ioc.puts(Q1))
    for _ in range(3):
        outside.put(Q1, 10)
    assert [put.value for put in ioc.puts(Q1)[before:]] == [10, 10, 10]


def test_the_log_holds_what_was_asked_for_not_what_the_ioc_made_of_it(ioc: DemoIoc, outside: IndependentClient) -> None:
    outside.put(Q1, 45)
    assert ioc.puts(Q1)[-1].value == 45
    outside.put(Q1, float("nan"))
    assert math.isnan(ioc.puts(Q1)[-1].value)


def test_values_are_logged_at_full_precision(ioc: DemoIoc, outside: IndependentClient) -> None:
    value = 10 + 1 / 3
    outside.put(Q1, value)
    assert ioc.puts(Q1)[-1].value == value


def test_every_channel_is_logged_also_faults_permit_and_fields(ioc: DemoIoc, outside: IndependentClient) -> None:
    before = len(ioc.puts())
    outside.put(names.PERMIT, 0)
    outside.put(names.STUCK, "QUAD:02")
    outside.put(f"{Q1}.DESC", "first")
    assert [(put.name, put.value) for put in ioc.puts()[before:]] == [
        (names.PERMIT, 0),
        (names.STUCK, 2),
        (f"{Q1}.DESC", "first"),
    ]


def test_puts_of_two_clients_are_logged_in_their_order(ioc: DemoIoc, outside: IndependentClient) -> None:
    before = len(ioc.puts())
    values = [10 + step / 100 for step in range(200)]
    with IndependentClient(ioc.port, ioc.prefix) as second, ThreadPoolExecutor() as both:
        first_done = both.submit(outside.timed_puts, Q1, values)
        second_done = both.submit(second.timed_puts, Q2, values)
        first_done.result()
        second_done.result()
    puts = ioc.puts()[before:]
    assert [put.value for put in puts if put.name == Q1] == values
    assert [put.value for put in puts if put.name == Q2] == values
    assert all(a.mono <= b.mono for a, b in itertools.pairwise(puts))


def test_updates_of_the_ioc_itself_are_no_puts(ioc: DemoIoc, outside: IndependentClient) -> None:
    before = len(ioc.puts())
    outside.watch(names.SIZE, 0.5)
    assert len(ioc.puts()) == before
