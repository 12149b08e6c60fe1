"""The table of evaluations: one column for the objective, one for each variable."""

import math
from collections.abc import Iterable
from dataclasses import dataclass

from optimizer.configuration import Configuration
from optimizer.models import Evaluation
from optimizer.presentation.words import SPOILED, Pill, evaluation_pill
from optimizer.sentence import spoken
from xoptweb.web.values import FEW, LARGE, NOTHING, duration, number, units

WIDEST = 1e4  # between the smallest and the largest value of a column that is aligned


@dataclass(frozen=True)
class Column:
    name: str
    units: str
    precision: int


@dataclass(frozen=True)
class Row:
    number: int
    objective: str
    inputs: list[str]
    pill: Pill
    took: str
    source: str
    note: str
    best: bool


@dataclass(frozen=True)
class Table:
    objective: str
    objective_units: str
    columns: list[Column]
    rows: list[Row]


def table(configuration: Configuration, evaluations: Iterable[Evaluation], best: Evaluation | None) -> Table:
    """Rows in the order given."""
    columns = [Column(name, units(one.units), one.precision) for name, one in configuration.variables.items()]
    goal = configuration.objective
    shown = list(evaluations)
    places = decimals(one.objective for one in shown)
    rows = [_row(evaluation, columns, best, places) for evaluation in shown]
    return Table(spoken(goal.name), units(goal.units), columns, rows)


def decimals(values: Iterable[float | None]) -> int | None:
    """So many that the smallest value shows four figures and all are aligned; None where they differ too much."""
    sizes = [abs(value) for value in values if value and math.isfinite(value)]
    if not sizes or max(sizes) > WIDEST * min(sizes) or max(sizes) >= LARGE:
        return None
    places = 3 - math.floor(math.log10(min(sizes)))
    return max(0, places) if places <= FEW else None


def _row(evaluation: Evaluation, columns: list[Column], best: Evaluation | None, places: int | None) -> Row:
    is_best = best is not None and evaluation.pk == best.pk
    return Row(
        number=evaluation.number,
        objective=number(evaluation.objective, places),
        inputs=[number(evaluation.inputs.get(column.name), column.precision) for column in columns],
        pill=evaluation_pill(evaluation, best=is_best),
        took=_took(evaluation),
        source="" if evaluation.source == Evaluation.Source.GENERATOR else evaluation.get_source_display().lower(),
        note="" if evaluation.state in SPOILED | {Evaluation.State.ABANDONED} else evaluation.detail,
        best=is_best,
    )


def _took(evaluation: Evaluation) -> str:
    if evaluation.ended_at is None:
        return NOTHING
    seconds = (evaluation.ended_at - evaluation.started_at).total_seconds()
    return f"{seconds:.1f} s" if seconds < 10 else duration(seconds)
