"""Variables whose best value lies at an end of its range."""

from dataclasses import dataclass
from typing import Any, Literal

from optimizer.configuration import Configuration

NEAR = 0.01  # of the range


@dataclass(frozen=True, slots=True)
class AtBound:
    """`is_limit`: the range ends there because the channel does."""

    variable: str
    side: Literal["low", "high"]
    value: float
    bound: float
    units: str
    is_limit: bool

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def at_bounds(configuration: Configuration, inputs: dict[str, float]) -> list[AtBound]:
    """Each variable of a point within one per cent of its range of an end."""
    found = []
    for name, variable in configuration.variables.items():
        slack = NEAR * (variable.high - variable.low)
        value = inputs[name]
        if value <= variable.low + slack:
            limit = variable.low <= variable.limit_low
            found.append(AtBound(name, "low", value, variable.low, variable.units, limit))
        elif value >= variable.high - slack:
            limit = variable.high >= variable.limit_high
            found.append(AtBound(name, "high", value, variable.high, variable.units, limit))
    return found
