"""From samples to a value and its error."""

import math

import pytest

from optimizer.statistics import reduce

SAMPLES = [4.0, 1.0, 3.0, 2.0]


@pytest.mark.parametrize(
    ("statistic", "value"),
    [("mean", 2.5), ("median", 2.5), ("min", 1.0), ("max", 4.0), ("std", math.sqrt(5 / 3)), ("last", 2.0)],
)
def test_each_statistic(statistic: str, value: float) -> None:
    assert reduce(SAMPLES, statistic)[0] == pytest.approx(value)


def test_the_error_of_a_mean_is_its_standard_error() -> None:
    assert reduce(SAMPLES, "mean")[1] == pytest.approx(math.sqrt(5 / 3) / 2)


def test_one_sample_has_no_error() -> None:
    assert reduce([3.0], "mean") == (3.0, None)


def test_one_missing_sample_makes_no_measurement() -> None:
    value, error = reduce([1.0, math.nan, 3.0], "median")
    assert math.isnan(value)
    assert error is None


@pytest.mark.parametrize(("samples", "statistic"), [([], "mean"), ([1.0], "std"), ([1.0], "mode")])
def test_what_cannot_be_reduced_is_an_error(samples: list[float], statistic: str) -> None:
    with pytest.raises(ValueError, match=r"no samples|at least two|no statistic"):
        reduce(samples, statistic)
