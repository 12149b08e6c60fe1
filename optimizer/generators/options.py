"""Options of generators: what they are, and whether given values suit them."""

import math
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict

Kind = Literal["integer", "number", "boolean", "choice"]


class Option(BaseModel):
    """One option. `default` is what is used where nothing is given; `upstream` is the library's own default."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    type: Kind
    default: int | float | bool | str | None
    upstream: int | float | bool | str | None = None
    nullable: bool = False
    minimum: float | None = None
    exclusive_minimum: float | None = None
    maximum: float | None = None
    choices: list[str] = []
    description: str = ""

    def problem(self, value: Any) -> str:
        """Why `value` does not suit; empty when it does."""
        if value is None:
            return "" if self.nullable else "is missing"
        return _CHECKS[self.type](self, value)

    def _bounds_problem(self, value: float) -> str:
        if not math.isfinite(value):
            return "must be finite"
        if self.minimum is not None and value < self.minimum:
            return f"must be at least {self.minimum:g}"
        if self.exclusive_minimum is not None and value <= self.exclusive_minimum:
            return f"must be above {self.exclusive_minimum:g}"
        if self.maximum is not None and value > self.maximum:
            return f"must be at most {self.maximum:g}"
        return ""


def _integer(option: Option, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int):
        return "must be a whole number"
    return option._bounds_problem(value)


def _number(option: Option, value: Any) -> str:
    if isinstance(value, bool) or not isinstance(value, int | float):
        return "must be a number"
    return option._bounds_problem(value)


def _boolean(option: Option, value: Any) -> str:
    return "" if isinstance(value, bool) else "must be true or false"


def _choice(option: Option, value: Any) -> str:
    return "" if value in option.choices else f"must be one of {', '.join(option.choices)}"


_CHECKS = {"integer": _integer, "number": _number, "boolean": _boolean, "choice": _choice}
