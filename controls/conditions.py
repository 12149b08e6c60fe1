"""Whether a condition such as “beam charge > 80 pC” holds. What is not known for sure never counts as holding."""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum

from controls.connectors.base import INVALID_SEVERITY, Reading, Value
from controls.monitor.wire import Latest


class State(StrEnum):
    HOLDS = "holds"
    VIOLATED = "violated"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Verdict:
    """`value` is what was compared; `reason` says, for a person, why a condition does not hold or is not known."""

    state: State
    value: Value | None
    reason: str = ""

    @property
    def holds(self) -> bool:
        return self.state is State.HOLDS


OPERATORS: dict[str, Callable[[float, float], bool]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}


def evaluate(compare: str, bound: float, present: Latest | Reading | None) -> Verdict:
    """Compare a channel's present value with `bound`; `compare` is one of `OPERATORS`.

    Unknown where nothing was read, the value is stale or no number, or its alarm is invalid.

    Raises:
        ValueError: there is no such operator.
    """
    if compare not in OPERATORS:
        raise ValueError(f"{compare!r} compares nothing; known are {' '.join(OPERATORS)}")
    if present is None:
        return Verdict(State.UNKNOWN, None, "no value")
    value = present.value
    if reason := _doubt(present):
        return Verdict(State.UNKNOWN, value, reason)
    if value is None or isinstance(value, str) or math.isnan(value):
        return Verdict(State.UNKNOWN, value, "not a number")
    if OPERATORS[compare](value, bound):
        return Verdict(State.HOLDS, value)
    return Verdict(State.VIOLATED, value, f"{value:g} is not {compare} {bound:g}")


def _doubt(present: Latest | Reading) -> str:
    """Why the value says nothing, or nothing."""
    if isinstance(present, Latest) and not present.connected:
        return "disconnected"
    if isinstance(present, Latest) and present.stale:
        return "stale"
    return "invalid alarm" if present.severity >= INVALID_SEVERITY else ""
