"""The numbers of an analysis."""

import math
import random

import pytest

from optimizer.analysis.best import best_of, best_so_far
from optimizer.analysis.bounds import at_bounds
from optimizer.analysis.convergence import convergence
from optimizer.analysis.improvement import improvement
from optimizer.analysis.noise import noise
from optimizer.analysis.points import Point
from optimizer.configuration import Baseline, Configuration, Goal
from tests.optimizer.problems import configuration

INPUTS = {"Q1": 1.0, "Q2": 2.0, "CV": 0.0}


def points(*values: float, error: float | None = None) -> list[Point]:
    return [Point(number, value, True, INPUTS, error) for number, value in enumerate(values, start=1)]


def settings(direction: str = "minimize", baseline: Baseline | None = None) -> Configuration:
    goal = Goal(name="size", direction=direction, units="µm")
    return configuration(objective=goal, baseline=baseline or Baseline(value=100.0, error=2.0, samples=10))


def test_the_best_is_the_smallest_or_the_largest_as_asked() -> None:
    found = points(5.0, 3.0, 9.0, 3.0)
    smallest, largest = best_of(found, [], settings()), best_of(found, [], settings("maximize"))
    assert smallest is not None
    assert largest is not None
    assert (smallest.number, largest.number) == (2, 3)
    assert best_of([], [], settings()) is None


def test_repeated_measurements_say_more_than_a_lucky_one() -> None:
    best = best_of(points(100.0, 40.0), points(50.0, 52.0, 54.0), settings())
    assert best is not None
    assert (best.found, best.value) == (40.0, 52.0)
    assert best.error == pytest.approx(2 / math.sqrt(3))


def test_improvement_is_told_in_words_with_its_uncertainty() -> None:
    change = improvement(settings(), best_of(points(17.0, error=1.0), [], settings()))
    assert change is not None
    assert change.percent == pytest.approx(-83.0)
    assert change.percent_error == pytest.approx(100 * math.hypot(0.01, 17 * 2 / 100**2))
    assert (change.better, change.significant) == (True, True)
    assert change.text == "size: 100.0 ± 2.0 → 17.0 ± 1.0 µm (−83 %)."


def test_an_improvement_within_the_noise_says_so() -> None:
    change = improvement(settings(), best_of(points(98.0, error=1.0), [], settings()))
    assert change is not None
    assert (change.better, change.significant) == (True, False)
    assert "may be noise" in change.text


@pytest.mark.parametrize(("direction", "value"), [("minimize", 120.0), ("maximize", 80.0)])
def test_a_change_in_the_wrong_direction_is_no_improvement(direction: str, value: float) -> None:
    change = improvement(settings(direction), best_of(points(value, error=1.0), [], settings(direction)))
    assert change is not None
    assert not change.better
    assert "nothing better" in change.text


def test_a_baseline_of_zero_has_no_per_cent() -> None:
    zero = settings(baseline=Baseline(value=0.0, error=0.1, samples=10))
    change = improvement(zero, best_of(points(-5.0), [], zero))
    assert change is not None
    assert (change.percent, change.percent_error, change.better) == (None, None, True)


def test_without_a_baseline_nothing_is_claimed() -> None:
    bare = configuration()
    assert improvement(bare, best_of(points(5.0), [], bare)) is None


@pytest.mark.parametrize("direction", ["minimize", "maximize"])
def test_a_search_that_goes_on_improves(direction: str) -> None:
    sign = 1 if direction == "minimize" else -1
    course = convergence(points(*(sign * (100 - 4 * i) for i in range(20))), settings(direction), 1.0, improved=True)
    assert (course.verdict, course.last) == ("improving", 20)


def test_a_search_without_news_has_converged_or_stagnates() -> None:
    draw = random.Random(1)
    line = [100 - 8 * i for i in range(8)] + [44 + draw.gauss(0, 0.3) for _ in range(20)]
    assert convergence(points(*line), settings(), 1.0, improved=True).verdict == "converged"
    flat = [100 + draw.gauss(0, 0.3) for _ in range(28)]
    stuck = convergence(points(*flat), settings(), 2.0, improved=False)
    assert (stuck.verdict, stuck.quiet) == ("stagnated", 27)


def test_small_steps_add_up_to_an_improvement() -> None:
    course = convergence(points(*(100 - 0.6 * i for i in range(40))), settings(), 1.0, improved=True)
    assert course.verdict == "improving"


def test_few_results_say_nothing_about_convergence() -> None:
    assert convergence(points(3.0, 2.0), settings(), None, improved=True).verdict == "unknown"


def test_variables_at_their_bounds_are_found_with_the_reason_for_the_bound() -> None:
    inside = configuration()
    q1 = inside.variables["Q1"].model_copy(update={"low": -10.0, "high": 10.0})
    narrow = inside.model_copy(update={"variables": {**inside.variables, "Q1": q1}})
    found = at_bounds(narrow, {"Q1": 9.9, "Q2": -30.0, "CV": 0.0})
    assert [(each.variable, each.side, each.is_limit) for each in found] == [("Q1", "high", False), ("Q2", "low", True)]


def test_the_best_so_far_never_gets_worse() -> None:
    assert best_so_far(points(5.0, 7.0, 3.0, 4.0), settings()) == [5.0, 5.0, 3.0, 3.0]
    assert best_so_far(points(5.0, 7.0, 3.0, 4.0), settings("maximize")) == [5.0, 7.0, 7.0, 7.0]


def test_noise_is_taken_from_the_best_source_there_is() -> None:
    repeated = noise(points(1.0, error=9.0), points(50.0, 52.0, 54.0), settings())
    within = noise(points(1.0, 2.0, 3.0, error=9.0), [], settings())
    base = noise(points(1.0), [], settings())
    assert repeated is not None
    assert within is not None
    assert base is not None
    assert [(n.value, n.source) for n in (repeated, within, base)] == [
        (2.0, "confirming measurements"), (9.0, "samples within evaluations"), (2.0, "baseline"),
    ]  # fmt: skip
    assert noise(points(1.0), [], configuration()) is None
