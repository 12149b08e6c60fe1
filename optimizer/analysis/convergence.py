"""Whether the search still improves, has converged, or stagnates."""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from optimizer.analysis.best import best_so_far, sign
from optimizer.analysis.points import Point
from optimizer.configuration import Configuration

Verdict = Literal["unknown", "improving", "converged", "stagnated"]
FEWEST = 8  # feasible points below which nothing can be said
QUIET_FRACTION = 0.3  # of the points without a real improvement at the end
QUIET_MIN = 8


@dataclass(frozen=True, slots=True)
class Convergence:
    """`quiet` points at the end brought no improvement beyond the noise; `last` is the number of the one that did."""

    verdict: Verdict
    quiet: int
    last: int | None
    text: str

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def convergence(
    points: Sequence[Point], configuration: Configuration, noise: float | None, *, improved: bool
) -> Convergence:
    """`points` are feasible ones in order; `improved`: the best is significantly better than the start."""
    if len(points) < FEWEST:
        return Convergence("unknown", 0, None, f"{len(points)} results are too few to judge convergence.")
    last = _last_improvement(points, configuration, noise or 0.0)
    quiet = len(points) - 1 - last
    number = points[last].number
    if quiet < max(QUIET_MIN, math.ceil(QUIET_FRACTION * len(points))):
        return Convergence("improving", quiet, number, f"It still improved at evaluation {number}.")
    if improved:
        text = f"Converged: nothing better beyond noise in the last {quiet} results."
        return Convergence("converged", quiet, number, text)
    return Convergence("stagnated", quiet, number, f"Stagnated: {quiet} results brought nothing better than the start.")


def _last_improvement(points: Sequence[Point], configuration: Configuration, noise: float) -> int:
    """Index of the last point that was better by more than `noise` than the best when it last improved."""
    factor = sign(configuration)
    line = best_so_far(points, configuration)
    last, mark = 0, line[0]
    for index, value in enumerate(line):
        if factor * (mark - value) > noise:
            last, mark = index, value
    return last
