"""What every generator of setpoints offers to an execution, whatever library computes it."""

import math
import threading
from abc import ABC, abstractmethod
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from optimizer.configuration import Configuration

OVERSHOOT = 1e-9  # of the range; a candidate outside by more is an error of the generator, not of rounding
SAME_POINT = 1e-9  # relative; how close a recorded row is to the point that was asked for


class GeneratorFailed(RuntimeError):
    """No usable next point; the message is for a person."""


@dataclass(frozen=True, slots=True)
class Row:
    """One evaluation: setpoints, results (NaN allowed), and whether it was set and measured without failure.

    A row that is not `ok` is never told as a number: its outputs are ignored.
    """

    inputs: Mapping[str, float]
    outputs: Mapping[str, float] = field(default_factory=dict)
    ok: bool = True


class Engine(ABC):
    """One execution's generator.

    `ask` gives the next point inside the ranges, the same one until it is told about. `tell` takes rows in the order
    they were measured, also those the engine did not ask for. `replay` is `tell` for a fresh engine after a crash: it
    brings it where it was. `note` says what is unusual about the last point, empty otherwise.
    """

    def __init__(self, configuration: "Configuration") -> None:
        self.configuration = configuration
        self.note = ""
        self._pending: dict[str, float] | None = None
        self._busy = threading.Lock()

    @property
    def names(self) -> list[str]:
        return list(self.configuration.variables)

    def ask(self) -> dict[str, float]:
        """The next setpoints, by variable, each within its range.

        Raises:
            GeneratorFailed: the generator has no further point, or an abandoned call still computes.
        """
        if not self._busy.acquire(blocking=False):
            raise GeneratorFailed("The generator still computes a suggestion that was given up.")
        try:
            return dict(self._next())
        finally:
            self._busy.release()

    def tell(self, rows: Iterable[Row]) -> None:
        """Learn from rows in the order they were measured."""
        for row in rows:
            asked = self._pending is not None and self._is_pending(row)
            self._learn(row, asked)
            if asked:
                self._pending = None

    def replay(self, rows: Iterable[Row]) -> None:
        """Bring a fresh engine to where it was after these rows, told or not."""
        self.tell(rows)

    @abstractmethod
    def _suggest(self) -> Mapping[str, float]:
        """The next point, as the generator gives it."""

    @abstractmethod
    def _learn(self, row: Row, asked: bool) -> None:
        """Take one row in; `asked` when it is the pending point."""

    def _next(self) -> dict[str, float]:
        if self._pending is None:
            self.note = ""
            self._pending = self._inside(self._suggest())
        return self._pending

    def _is_pending(self, row: Row) -> bool:
        return self._pending is not None and same_point(self._pending, row.inputs, self.configuration)

    def _inside(self, point: Mapping[str, float]) -> dict[str, float]:
        """The point with rounding beyond the range's ends taken off."""
        result: dict[str, float] = {}
        for name, variable in self.configuration.variables.items():
            value = float(point[name])
            slack = OVERSHOOT * (variable.high - variable.low)
            if not variable.low - slack <= value <= variable.high + slack:
                raise GeneratorFailed(
                    f"{self.configuration.generator} suggested {name} = {value!r}, "
                    f"outside {variable.low!r} to {variable.high!r}."
                )
            result[name] = min(max(value, variable.low), variable.high)
        return result


class Sequence(Engine):
    """An engine whose points follow from a seed or from the points before, one by one.

    A told row that equals the next point counts as that point, whoever asked for it: so replaying the recorded rows
    leads to the identical next point, and a point that was measured already is not measured again. Other rows are
    left out.
    """

    def tell(self, rows: Iterable[Row]) -> None:
        for row in rows:
            self._next()
            super().tell([row])


def same_point(one: Mapping[str, float], other: Mapping[str, float], configuration: "Configuration") -> bool:
    """Whether two points agree in every variable, up to rounding."""
    for name, variable in configuration.variables.items():
        if name not in one or name not in other:
            return False
        slack = SAME_POINT * (variable.high - variable.low)
        if not math.isclose(one[name], other[name], rel_tol=SAME_POINT, abs_tol=slack):
            return False
    return True
