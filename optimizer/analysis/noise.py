"""How much the objective scatters from one evaluation to the next at the same point."""

import statistics
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from optimizer.analysis.points import Point
from optimizer.configuration import Configuration


@dataclass(frozen=True, slots=True)
class Noise:
    """One standard deviation of an evaluation's objective, and how it is known."""

    value: float
    source: str

    def as_json(self) -> dict[str, Any]:
        return {"value": self.value, "source": self.source}


def noise(points: Sequence[Point], confirmed: Sequence[Point], configuration: Configuration) -> Noise | None:
    """From repeated measurements, else from the scatter within evaluations, else from the baseline; None if unknown."""
    if len(confirmed) >= 2:
        return Noise(statistics.stdev(point.value for point in confirmed), "confirming measurements")
    errors = [point.error for point in points if point.error is not None]
    if errors:
        return Noise(statistics.median(errors), "samples within evaluations")
    base = configuration.baseline
    if base is not None and base.error is not None:
        return Noise(base.error, "baseline")
    return None
