"""A small problem with a known best point, for what needs no machine."""

from typing import Any

from optimizer.configuration import Configuration, Goal, Limit, Measurement, VariableRange
from optimizer.generators.base import Row

BEST = {"Q1": 13.0, "Q2": -13.0, "CV": 0.5}
RANGES = {"Q1": (-30.0, 30.0, 10.0), "Q2": (-30.0, 30.0, -9.0), "CV": (-6.0, 6.0, 0.0)}


def configuration(generator: str = "random", *, constrained: bool = False, **changes: Any) -> Configuration:
    """Three variables, `size` to minimise, optionally only where `charge` is above 80."""
    given: dict[str, Any] = {
        "generator": generator,
        "evaluations": 20,
        "seconds": 600.0,
        "seed": 3,
        "variables": {
            name: VariableRange(
                channel=name, address=f"T:{name}", low=low, high=high, start=start, max_step=2.0, limit_low=low,
                limit_high=high, tolerance=0.01,
            )
            for name, (low, high, start) in RANGES.items()
        },
        "observables": {
            "size": Measurement(address="T:SIZE", channel="SIZE", samples=5, units="µm"),
            "charge": Measurement(address="T:CHARGE", channel="CHARGE"),
        },
        "objective": Goal(name="size", direction="minimize", units="µm"),
        "constraints": {"charge": Limit(kind="greater_than", value=80.0)} if constrained else {},
    }  # fmt: skip
    return Configuration(**(given | changes))


def distance(point: dict[str, float]) -> float:
    return sum(((point[name] - BEST[name]) / (RANGES[name][1] - RANGES[name][0])) ** 2 for name in BEST)


def measured(point: dict[str, float]) -> Row:
    """A row as an execution would record it, without noise."""
    return Row(point, {"size": 60.0 + 900.0 * distance(point), "charge": 100.0 - 40.0 * distance(point)})
