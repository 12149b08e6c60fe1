"""Conditions: what is not known for sure never counts as holding."""

import math

import pytest

from controls.conditions import State, evaluate
from controls.connectors.base import Reading
from controls.monitor.wire import UNKNOWN, Latest


def fresh(value: float | str, severity: int = 0) -> Latest:
    return Latest(value=value, ioc_time=1.0, seen_at=1.0, severity=severity, connected=True, stale=False)


@pytest.mark.parametrize(
    ("compare", "holding", "violating"),
    [(">", 81, 80), (">=", 80, 79.9), ("<", 79, 80), ("<=", 80, 80.1), ("==", 80, 81), ("!=", 81, 80)],
)
def test_each_operator_compares_the_value_with_the_bound(compare: str, holding: float, violating: float) -> None:
    assert evaluate(compare, 80, fresh(holding)).state is State.HOLDS
    assert evaluate(compare, 80, fresh(violating)).state is State.VIOLATED


def test_a_reading_of_a_connector_is_judged_like_a_value_of_the_monitor() -> None:
    assert evaluate(">", 80, Reading(90.0, 1.0, 0, 0)).holds
    assert evaluate(">", 80, Reading(90.0, 1.0, 3, 0)).state is State.UNKNOWN


@pytest.mark.parametrize(
    ("present", "reason"),
    [
        (None, "no value"),
        (UNKNOWN, "disconnected"),
        (fresh(90).aged(), "stale"),
        (fresh(90, severity=3), "invalid alarm"),
        (fresh(math.nan), "not a number"),
        (fresh("90"), "not a number"),
    ],
)
def test_what_is_not_known_for_sure_is_unknown(present: Latest | None, reason: str) -> None:
    verdict = evaluate(">", 80, present)
    assert verdict.state is State.UNKNOWN
    assert not verdict.holds
    assert verdict.reason == reason


def test_not_a_number_satisfies_not_even_unequal() -> None:
    assert evaluate("!=", 80, fresh(math.nan)).state is State.UNKNOWN


def test_a_minor_alarm_does_not_make_a_value_unknown() -> None:
    assert evaluate(">", 80, fresh(90, severity=1)).holds


def test_a_violated_condition_says_what_it_compared() -> None:
    assert evaluate(">", 80, fresh(41.5)).reason == "41.5 is not > 80"


def test_an_operator_that_does_not_exist_is_an_error() -> None:
    with pytest.raises(ValueError, match="compares nothing"):
        evaluate("~", 80, fresh(90))
