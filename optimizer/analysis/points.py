"""The evaluations of one execution, as plain numbers."""

import math
from collections import Counter
from dataclasses import dataclass, field

from optimizer.configuration import Configuration
from optimizer.formulas import FormulaRefused, propagate
from optimizer.models import Evaluation, Execution

State = Evaluation.State
FIELDS = ("number", "state", "source", "objective", "feasible", "code", "inputs", "outputs", "errors")


@dataclass(frozen=True, slots=True)
class Point:
    """One completed evaluation with a result; `error` is the objective's standard error where it is known."""

    number: int
    value: float
    feasible: bool
    inputs: dict[str, float]
    error: float | None = None


@dataclass(slots=True)
class Points:
    """`searched` in order of their numbers, `confirmed` the repeated measurements of the best."""

    searched: list[Point] = field(default_factory=list)
    confirmed: list[Point] = field(default_factory=list)
    without_result: int = 0
    spoiled: Counter[str] = field(default_factory=Counter)
    made: int = 0

    @property
    def feasible(self) -> list[Point]:
        return [point for point in self.searched if point.feasible]


def read(execution: Execution, configuration: Configuration) -> Points:
    """Every evaluation, read without making model instances of them."""
    found = Points()
    rows = execution.evaluations.order_by("number").values_list(*FIELDS)
    for number, state, source, value, feasible, code, inputs, outputs, errors in rows.iterator(chunk_size=2000):
        confirmation = source == Evaluation.Source.CONFIRMATION
        found.made += not confirmation
        if state != State.COMPLETED:
            if state in {State.FAILED, State.REFUSED}:
                found.spoiled[code or str(state)] += 1
        elif value is None or not math.isfinite(value):
            found.without_result += 1
        else:
            numbers = {name: float(each) for name, each in inputs.items()}
            error = objective_error(configuration, outputs, errors)
            point = Point(number, value, bool(feasible), numbers, error)
            (found.confirmed if confirmation else found.searched).append(point)
    return found


def objective_error(
    configuration: Configuration, outputs: dict[str, float | str], errors: dict[str, float | str]
) -> float | None:
    """The standard error of an evaluation's objective, propagated where it is a formula."""
    name = configuration.objective.name
    known = {each: float(value) for each, value in errors.items()}
    if name in configuration.observables:
        error = known.get(name)
        return error if error is not None and math.isfinite(error) else None
    values = {each: float(outputs.get(each, math.nan)) for each in configuration.observables}
    expressions = {each: formula.expression for each, formula in configuration.formulas.items()}
    try:
        return propagate([name], expressions, values, dict(known))[name]
    except FormulaRefused:
        return None
