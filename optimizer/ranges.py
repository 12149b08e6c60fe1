"""From a variable's range rule and its present value to the range a generator may use."""

import math
from collections.abc import Callable
from dataclasses import dataclass


class RangeRefused(ValueError):
    """The rule gives no usable range; the message says why, for a person."""


@dataclass(frozen=True, slots=True)
class Rule:
    """One of the four kinds with its numbers, in the channel's units; `fraction` 0.1 is ten per cent."""

    kind: str
    low: float | None = None
    high: float | None = None
    fraction: float | None = None


@dataclass(frozen=True, slots=True)
class Range:
    """`note` says what was done to fit it into the limits; empty when nothing was."""

    low: float
    high: float
    note: str = ""


def _bounds(rule: Rule) -> tuple[float, float]:
    if rule.low is None or rule.high is None:
        raise RangeRefused("low and high are needed")
    return rule.low, rule.high


def _fraction(rule: Rule) -> float:
    if rule.fraction is None or not rule.fraction > 0:
        raise RangeRefused("a fraction above zero is needed")
    return rule.fraction


def _absolute(rule: Rule, present: float, low: float, high: float) -> tuple[float, float]:
    return _bounds(rule)


def _delta(rule: Rule, present: float, low: float, high: float) -> tuple[float, float]:
    below, above = _bounds(rule)
    return present + below, present + above


def _fraction_full(rule: Rule, present: float, low: float, high: float) -> tuple[float, float]:
    width = _fraction(rule) * (high - low)
    return present - width, present + width


def _fraction_current(rule: Rule, present: float, low: float, high: float) -> tuple[float, float]:
    width = _fraction(rule) * abs(present)
    if width == 0.0:
        raise RangeRefused("the present value is zero, so a fraction of it is no range; use another kind of range")
    return present - width, present + width


KINDS: dict[str, Callable[[Rule, float, float, float], tuple[float, float]]] = {
    "absolute": _absolute,
    "delta": _delta,
    "fraction_full": _fraction_full,
    "fraction_current": _fraction_current,
}


def resolve(rule: Rule, present: float, limit_low: float, limit_high: float) -> Range:
    """The range that `rule` means now, clipped to the channel's limits.

    Raises:
        RangeRefused: the rule lacks a number, is unknown, gives low not below high, or lies outside the limits.
    """
    if rule.kind not in KINDS:
        raise RangeRefused(f"there is no kind of range “{rule.kind}”")
    low, high = KINDS[rule.kind](rule, present, limit_low, limit_high)
    if not all(math.isfinite(value) for value in (low, high, limit_low, limit_high)):
        raise RangeRefused("the range is not finite")
    return clip(low, high, limit_low, limit_high)


def clip(low: float, high: float, limit_low: float, limit_high: float) -> Range:
    """`low` to `high` within the limits, with a note where that changed it.

    Raises:
        RangeRefused: low is not below high, or nothing is left inside the limits.
    """
    if not low < high:
        raise RangeRefused(f"low ({low:g}) must be below high ({high:g})")
    inner_low, inner_high = max(low, limit_low), min(high, limit_high)
    if not inner_low < inner_high:
        raise RangeRefused(f"{low:g} to {high:g} lies outside the channel's limits {limit_low:g} to {limit_high:g}")
    if (inner_low, inner_high) == (low, high):
        return Range(low, high)
    return Range(inner_low, inner_high, f"clipped from {low:g} … {high:g} to the channel's limits")
