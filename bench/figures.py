"""One measured number with its target and its rival."""

import math
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Self


@dataclass(frozen=True)
class Figure:
    """`value`, `target` and `rival` are in `unit`; without a target the figure only informs.

    `against` says in a few words what the rival is. A figure holds when it is at most its target.
    """

    part: str
    name: str
    value: float
    unit: str
    target: float | None = None
    rival: float | None = None
    against: str = ""

    @property
    def ok(self) -> bool:
        return self.target is None or (math.isfinite(self.value) and self.value <= self.target)

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, given: dict[str, Any]) -> Self:
        return cls(**given)


def quantile(values: Sequence[float], fraction: float) -> float:
    """The smallest value that at least `fraction` of all do not exceed; infinite without any."""
    if not values:
        return math.inf
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, math.ceil(fraction * len(ordered)) - 1)]


def median(values: Sequence[float]) -> float:
    return quantile(values, 0.5)


def milliseconds(seconds: float) -> float:
    return seconds * 1e3
