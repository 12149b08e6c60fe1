"""What the diagnostics show, in good and in bad times."""

import itertools
import math
import statistics

import pytest

from controls.demo import names
from tests.ca_client import IndependentClient
from tests.controls.demo.conftest import RATE_HZ
from tests.processes import wait_until

MEASURED = (names.SIZE, names.X_SIZE, names.Y_SIZE, names.X, names.Y, names.CHARGE, names.LOSS, names.SHOTS)


def test_measurements_arrive_at_the_rate_with_a_few_percent_of_noise(outside: IndependentClient) -> None:
    sizes = [value for _, value in outside.watch(names.SIZE, 3.0)]
    assert len(sizes) == pytest.approx(3 * RATE_HZ, rel=0.2)
    assert statistics.mean(sizes) == pytest.approx(371, rel=0.02)
    assert 0.003 < statistics.stdev(sizes) / 371 < 0.05


def test_every_shot_is_counted_once(outside: IndependentClient) -> None:
    def gapless() -> bool:
        counts = [count for _, count in outside.watch(names.SHOTS, 1.0)]
        assert len(counts) > 5
        assert counts == sorted(set(counts)), "no shot is counted twice"
        return counts == list(range(counts[0], counts[0] + len(counts)))

    wait_until(gapless, 5, what="a second in which the server left no update out")


def test_a_healthy_machine_looks_healthy(outside: IndependentClient) -> None:
    assert outside.read(names.INSERTED).text == "IN"
    assert outside.read(names.PERMIT).text == "ALLOWED"
    assert outside.get(names.INTERLOCK) == 0
    assert outside.get(names.CHARGE) == pytest.approx(98, rel=0.05)
    assert outside.get(names.VACUUM) == pytest.approx(6e-9, rel=0.2)
    assert outside.get(names.LOSS) < 10


def test_units_stand_beside_the_values(outside: IndependentClient) -> None:
    units = {name: outside.read(name).units for name in (names.SIZE, names.X, names.CHARGE, names.VACUUM)}
    assert units == {names.SIZE: "um", names.X: "mm", names.CHARGE: "pC", names.VACUUM: "mbar"}


def test_the_focus_settings_give_a_small_beam_on_the_screen(outside: IndependentClient) -> None:
    for name, value in zip(names.QUADRUPOLES, (7.9, -18.2, 16.9), strict=True):
        outside.put(name, value)
    wait_until(lambda: outside.get(names.SIZE) < 40, 3, what="a small spot")


def test_a_corrector_moves_the_spot(outside: IndependentClient) -> None:
    before = outside.get(names.Y)
    outside.put(names.CORRECTORS[0], 1)
    wait_until(lambda: abs(outside.get(names.Y) - before - 1.01) < 0.05, 3, what="the spot's move")


def test_lost_charge_shows_on_the_loss_monitor(outside: IndependentClient) -> None:
    for name in names.QUADRUPOLES:
        outside.put(name, -15)
    wait_until(lambda: outside.get(names.CHARGE) < 50, 3, what="loss of charge")
    assert outside.get(names.LOSS) > 1000


def test_a_trip_cuts_the_beam_until_it_is_cleared(outside: IndependentClient) -> None:
    outside.put(names.TRIP, 1)
    wait_until(lambda: outside.get(names.INTERLOCK) == 1, 2, what="the interlock")
    wait_until(lambda: outside.get(names.CHARGE) == 0, 2, what="the end of the beam")
    assert math.isnan(outside.get(names.SIZE))
    assert outside.read(names.SIZE).severity == 3
    outside.put(names.TRIP, 0)
    wait_until(lambda: outside.get(names.CHARGE) > 80, 2, what="beam")
    assert outside.get(names.INTERLOCK) == 0


def test_a_screen_that_cannot_be_analysed_shows_nan_and_the_charge_goes_on(outside: IndependentClient) -> None:
    outside.put(names.NAN, 1)
    wait_until(lambda: math.isnan(outside.get(names.SIZE)), 2, what="NaN")
    wait_until(lambda: math.isnan(outside.get(names.X)), 2, what="NaN of the same shot")
    assert outside.get(names.CHARGE) > 80


def test_a_screen_out_of_the_beam_says_so_and_shows_no_size(outside: IndependentClient) -> None:
    outside.put(names.SCREEN_OUT, 1)
    wait_until(lambda: outside.read(names.INSERTED).text == "OUT", 2, what="the screen's way out")
    wait_until(lambda: math.isnan(outside.get(names.SIZE)), 2, what="NaN")


def test_frozen_measurements_keep_value_and_timestamp(outside: IndependentClient) -> None:
    outside.put(names.FROZEN, 1)
    outside.watch(names.SHOTS, 0.3)
    before = {name: outside.read(name) for name in MEASURED}
    assert all(len(outside.watch(name, 0.3)) <= 1 for name in (names.SIZE, names.CHARGE))
    assert {name: outside.read(name) for name in MEASURED} == before
    outside.put(names.FROZEN, 0)
    wait_until(lambda: outside.get(names.SHOTS) > before[names.SHOTS].value, 2, what="a new shot")


def after_shots(outside: IndependentClient, number: int = 2) -> None:
    """Wait until what was put shows: the shot under way when it came, and one more."""
    seen = outside.get(names.SHOTS)
    wait_until(lambda: outside.get(names.SHOTS) >= seen + number, 5, what=f"{number} shots")


def test_noise_grows_with_its_factor(outside: IndependentClient) -> None:
    outside.put(names.NOISE, 0)
    after_shots(outside)
    still = set()
    for _ in range(5):
        after_shots(outside, 1)
        still.add(outside.get(names.SIZE))
    assert len(still) == 1
    outside.put(names.NOISE, 10)
    after_shots(outside)
    sizes = [value for _, value in outside.watch(names.SIZE, 3.0)]
    assert statistics.stdev(sizes) / statistics.mean(sizes) > 0.08


def test_drift_moves_the_beam_slowly(outside: IndependentClient) -> None:
    outside.put(names.NOISE, 0)
    outside.put(names.DRIFT, 1)
    after_shots(outside)
    positions = [value for _, value in outside.watch(names.X, 1.5)]
    steps = [abs(after - before) for before, after in itertools.pairwise(positions)]
    assert len(set(positions)) > 10
    assert max(steps) < 0.2


def test_a_leak_spoils_the_vacuum(outside: IndependentClient) -> None:
    outside.put(names.LEAK, 1)
    wait_until(lambda: outside.get(names.VACUUM) > 1e-6, 2, what="bad vacuum")
