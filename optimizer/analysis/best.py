"""The best feasible point, and what repeated measurements say of it."""

import math
import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.analysis.points import Point
from optimizer.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Best:
    """`value` and `error` are of the confirming measurements where there are any: the best of many noisy values is
    too good to be true."""

    number: int
    found: float
    value: float
    error: float | None
    inputs: dict[str, float]
    confirmations: list[float]

    def as_json(self) -> dict[str, Any]:
        return {
            "number": self.number,
            "found": self.found,
            "value": self.value,
            "error": self.error,
            "inputs": self.inputs,
            "confirmations": self.confirmations,
        }


def sign(configuration: Configuration) -> float:
    """Values times this are to be made small."""
    return 1.0 if configuration.objective.direction == "minimize" else -1.0


def best_of(points: Sequence[Point], confirmed: Sequence[Point], configuration: Configuration) -> Best | None:
    """The best of feasible points; None when there are none."""
    if not points:
        return None
    top = min(points, key=lambda point: (sign(configuration) * point.value, point.number))
    repeated = [point.value for point in confirmed]
    if not repeated:
        return Best(top.number, top.value, top.value, top.error, top.inputs, [])
    return Best(top.number, top.value, statistics.fmean(repeated), _error(confirmed), top.inputs, repeated)


def _error(confirmed: Sequence[Point]) -> float | None:
    """Standard error of the mean of repeated measurements: their scatter, or their own errors where there is one."""
    values = [point.value for point in confirmed]
    if len(values) >= 2:
        return statistics.stdev(values) / math.sqrt(len(values))
    return confirmed[0].error


def best_so_far(points: Sequence[Point], configuration: Configuration) -> list[float]:
    """After each feasible point, the best value until then."""
    line: list[float] = []
    factor = sign(configuration)
    for point in points:
        line.append(point.value if not line or factor * point.value < factor * line[-1] else line[-1])
    return line
