"""From baseline to best: how much, how sure, in words and numbers."""

import math
from dataclasses import dataclass
from typing import Any

from optimizer.analysis.best import Best, sign
from optimizer.configuration import Baseline, Configuration
from optimizer.words import measured, percent

SIGMAS = 2.0  # a difference of less than this many standard errors may be noise


@dataclass(frozen=True, slots=True)
class Improvement:
    """`absolute` and `percent` are signed changes of the objective, whatever the direction; `better` says whether the
    change is the wanted one, `significant` whether it exceeds its uncertainty."""

    absolute: float
    absolute_error: float | None
    percent: float | None
    percent_error: float | None
    better: bool
    significant: bool
    text: str

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}


def improvement(configuration: Configuration, best: Best | None) -> Improvement | None:
    """None without a baseline or a best point."""
    base = configuration.baseline
    if base is None or best is None:
        return None
    change = best.value - base.value
    error = combined(best.error, base.error)
    better = sign(configuration) * change < 0
    significant = error is None or abs(change) > SIGMAS * error
    relative = 100 * change / abs(base.value) if base.value else None
    return Improvement(
        absolute=change,
        absolute_error=error,
        percent=relative,
        percent_error=_percent_error(best, base.value, base.error),
        better=better,
        significant=significant,
        text=_text(configuration, base, best, relative, better=better, significant=significant),
    )


def combined(one: float | None, other: float | None) -> float | None:
    """The error of a difference of independent values; None when neither is known."""
    known = [each for each in (one, other) if each is not None]
    return math.hypot(*known) if known else None


def _percent_error(best: Best, base: float, base_error: float | None) -> float | None:
    """Of 100 · (best − base) / |base|, to first order."""
    if not base or (best.error is None and base_error is None):
        return None
    return 100 * math.hypot((best.error or 0.0) / base, best.value * (base_error or 0.0) / base**2)


def _text(
    configuration: Configuration, base: Baseline, best: Best, relative: float | None, *, better: bool, significant: bool
) -> str:
    goal = configuration.objective
    values = f"{measured(base.value, base.error)} → {measured(best.value, best.error, goal.units)}"
    shown = f" ({percent(relative)})" if relative is not None else ""
    if better and significant:
        return f"{goal.name}: {values}{shown}."
    if better:
        return f"{goal.name}: {values}{shown}, which may be noise."
    return f"{goal.name}: {values}{shown}: nothing better than the start was found."
