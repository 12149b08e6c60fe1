"""Initial points drawn when an execution is configured, so that an approval binds them. Needs no numerical library."""

import random
from collections.abc import Mapping

Ranges = Mapping[str, tuple[float, float]]


def latin_hypercube(ranges: Ranges, count: int, seed: int) -> list[dict[str, float]]:
    """`count` points, one in each of `count` equal strata of every variable."""
    draw = random.Random(seed)
    columns: dict[str, list[float]] = {}
    for name, (low, high) in ranges.items():
        strata = list(range(count))
        draw.shuffle(strata)
        columns[name] = [_inside(low, high, (stratum + draw.random()) / count) for stratum in strata]
    return [{name: column[row] for name, column in columns.items()} for row in range(count)]


def uniform(ranges: Ranges, count: int, seed: int) -> list[dict[str, float]]:
    """`count` uniformly random points."""
    draw = random.Random(seed)
    return [{name: _inside(low, high, draw.random()) for name, (low, high) in ranges.items()} for _ in range(count)]


def _inside(low: float, high: float, fraction: float) -> float:
    return min(max(low + fraction * (high - low), low), high)
