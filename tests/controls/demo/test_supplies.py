"""Setpoints and readbacks as a client sees them."""

import contextlib
import time

from controls.demo import names
from controls.demo.process import DemoIoc
from tests.ca_client import IndependentClient
from tests.processes import wait_until

Q1, CV = names.QUADRUPOLES[0], names.CORRECTORS[0]


def test_setpoints_tell_their_units_and_limits(outside: IndependentClient) -> None:
    for name in names.QUADRUPOLES:
        told = outside.read(name)
        assert (told.units, told.low, told.high) == ("m^-2", -30, 30)
    for name in names.CORRECTORS:
        told = outside.read(name)
        assert (told.units, told.low, told.high) == ("mrad", -6, 6)


def test_a_setpoint_beyond_the_drive_limits_is_clipped_by_the_ioc(outside: IndependentClient) -> None:
    outside.put(Q1, 45)
    assert outside.get(Q1) == 30
    outside.put(CV, -7)
    assert outside.get(CV) == -6


def test_a_setpoint_that_is_no_number_is_not_taken(outside: IndependentClient) -> None:
    outside.put(Q1, float("nan"))
    assert outside.get(Q1) == 10


def test_the_readback_follows_with_a_lag_and_stays_within_tolerance(outside: IndependentClient) -> None:
    readback = names.readback(Q1)
    outside.put(Q1, 10)
    time.sleep(0.3)
    outside.put(Q1, 15)
    at_once = outside.get(readback)
    time.sleep(0.2)
    assert at_once < 14.9
    assert abs(outside.get(readback) - 15) < 0.05


def test_the_readback_is_noisy_but_hardly(outside: IndependentClient) -> None:
    values = [value for _, value in outside.watch(names.readback(Q1), 1.0)]
    assert len(set(values)) > 5
    assert all(abs(value - 10) < 0.02 for value in values)


def test_readbacks_cannot_be_written(outside: IndependentClient) -> None:
    before = outside.get(names.readback(Q1))
    with contextlib.suppress(TimeoutError):
        outside.put(names.readback(Q1), 3)
    assert abs(outside.get(names.readback(Q1)) - before) < 0.05


def test_a_slow_machine_shows_its_readbacks_late(outside: IndependentClient) -> None:
    outside.put(names.SLOW, 1.0)
    outside.put(Q1, 12)
    time.sleep(0.5)
    assert abs(outside.get(names.readback(Q1)) - 10) < 0.05
    wait_until(lambda: abs(outside.get(names.readback(Q1)) - 12) < 0.05, 3, what="the readback's move")


def test_a_stuck_readback_stays_while_the_beam_feels_the_magnet(outside: IndependentClient) -> None:
    before = outside.get(names.SIZE)
    outside.put(names.STUCK, 1)
    outside.put(Q1, 20)
    time.sleep(0.5)
    assert abs(outside.get(names.readback(Q1)) - 10) < 0.05
    assert outside.get(names.SIZE) > 1.5 * before


def test_each_choice_of_the_stuck_readback_sticks_its_own_supply(outside: IndependentClient) -> None:
    for number, name in enumerate(names.SUPPLIES, start=1):
        outside.put(names.STUCK, number)
        start = outside.get(name)
        outside.put(name, start + 1)
        other = names.SUPPLIES[number % len(names.SUPPLIES)]
        outside.put(other, outside.get(other) + 0.5)
        time.sleep(0.3)
        assert abs(outside.get(names.readback(name)) - start) < 0.05
        assert abs(outside.get(names.readback(other)) - outside.get(other)) < 0.05
        outside.put(names.STUCK, 0)


def test_a_rejecting_supply_keeps_its_setpoint_without_a_word(ioc: DemoIoc, outside: IndependentClient) -> None:
    outside.put(names.REJECT, 1)
    outside.put(Q1, 14)
    assert outside.get(Q1) == 10
    assert ioc.puts(Q1)[-1].value == 14
    outside.put(names.REJECT, 0)
    outside.put(Q1, 14)
    assert outside.get(Q1) == 14
