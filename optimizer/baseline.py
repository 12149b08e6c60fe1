"""Measuring the objective where the machine is, before anything moves."""

import math
import time
from collections.abc import Mapping

from controls.models import Machine
from controls.monitor.values import collect
from optimizer.configuration import Baseline, Expression, Goal, Measurement
from optimizer.formulas import evaluate, names, propagate
from optimizer.statistics import reduce
from xoptweb.errors import Unavailable

SAMPLES_MIN = 10
FACTOR = 3  # samples of an evaluation, times this


def needed(goal: str, observables: Mapping[str, Measurement], formulas: Mapping[str, Expression]) -> list[str]:
    """The observables that the objective rests on, through formulas too."""
    if goal in observables:
        return [goal]
    uses = names(formulas[goal].expression)
    found = {each for name in uses for each in needed(name, observables, formulas)}
    return [name for name in observables if name in found]


def measure(
    machine: Machine, goal: Goal, observables: Mapping[str, Measurement], formulas: Mapping[str, Expression]
) -> Baseline:
    """The objective's value ± standard error from fresh samples.

    Raises:
        Unavailable: no monitor, or no fresh or no finite values.
    """
    wanted = needed(goal.name, observables, formulas)
    counts = {name: max(SAMPLES_MIN, FACTOR * observables[name].samples) for name in wanted}
    began = time.monotonic()
    samples = collect(machine, _by_address(counts, observables), _timeout(counts, observables))
    took = time.monotonic() - began
    reduced = {
        name: reduce(samples[observables[name].address][: counts[name]], observables[name].statistic) for name in wanted
    }
    value, error = _objective(goal.name, reduced, formulas)
    if not math.isfinite(value):
        raise Unavailable(f"{goal.name} can't be measured: it reads no number.", code="no_baseline")
    return Baseline(value=value, error=error, samples=min(counts.values()), took_s=round(took, 3))


def _by_address(counts: Mapping[str, int], observables: Mapping[str, Measurement]) -> dict[str, int]:
    """Two observables of one channel share its samples."""
    wanted: dict[str, int] = {}
    for name, count in counts.items():
        address = observables[name].address
        wanted[address] = max(count, wanted.get(address, 0))
    return wanted


def _timeout(counts: Mapping[str, int], observables: Mapping[str, Measurement]) -> float:
    """As long as that many samples may take in an evaluation."""
    return max(observables[name].timeout_s * count / observables[name].samples for name, count in counts.items())


def _objective(
    goal: str, reduced: Mapping[str, tuple[float, float | None]], formulas: Mapping[str, Expression]
) -> tuple[float, float | None]:
    if goal in reduced:
        return reduced[goal]
    outputs = {name: value for name, (value, _) in reduced.items()}
    errors = {name: error for name, (_, error) in reduced.items()}
    expressions = _expressions(goal, formulas)
    value = evaluate(expressions, outputs)[goal]
    if not math.isfinite(value):
        return value, None
    return value, propagate([goal], expressions, outputs, errors)[goal]


def _expressions(goal: str, formulas: Mapping[str, Expression]) -> dict[str, str]:
    """The goal's formula and those it uses."""
    found = {goal: formulas[goal].expression}
    for name in names(formulas[goal].expression):
        if name in formulas:
            found |= _expressions(name, formulas)
    return found
