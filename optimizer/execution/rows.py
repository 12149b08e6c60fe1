"""Evaluations as rows and events."""

import math
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import Max
from django.utils import timezone

from optimizer.execution.plan import Plan
from optimizer.generators.base import Row
from optimizer.models import Evaluation
from xoptweb import hot
from xoptweb.live.services import publish

State = Evaluation.State
OPEN = {State.ASKED, State.MEASURING}
CHANGES = ("state", "code", "detail", "outputs", "errors", "objective", "feasible", "ended_at")
USE_TIME = "UPDATE optimizer_execution SET seconds_used = seconds_used + %s WHERE id = %s"


@dataclass
class Outcome:
    """How one evaluation ended. `code` and `detail` say why, where it did not complete; `note` what is unusual about
    its point.
    """

    state: Evaluation.State
    outputs: dict[str, float]
    errors: dict[str, float]
    code: str = ""
    detail: str = ""
    note: str = ""


def stored(values: dict[str, float]) -> dict[str, float | str]:
    """Values as JSON can hold them: what is not finite as its name."""
    return {name: value if math.isfinite(value) else repr(value) for name, value in values.items()}


def numbers(values: dict[str, Any]) -> dict[str, float]:
    """The reverse of `stored`, at full precision."""
    return {name: float(value) for name, value in values.items()}


def begin(plan: Plan, row: Evaluation) -> None:
    """Insert the row of an evaluation that is about to be set; inside the transaction of its first intents."""
    hot.insert([row])
    publish(plan.stream, "evaluation", event(plan, row))


def complete(plan: Plan, row: Evaluation, outcome: Outcome, seconds: float) -> None:
    """Write down how it ended; inside a transaction."""
    row.state, row.code = outcome.state, outcome.code
    row.detail = "; ".join(words for words in (outcome.detail, outcome.note) if words)[:300]
    row.outputs, row.errors = stored(outcome.outputs), stored(outcome.errors)
    row.ended_at = timezone.now()
    objective = outcome.outputs.get(plan.configuration.objective.name, math.nan)
    if outcome.state == State.COMPLETED:
        row.objective = objective if math.isfinite(objective) else None
        row.feasible = row.objective is not None and plan.configuration.feasible(outcome.outputs)
    hot.update(row, *CHANGES)
    with connection.cursor() as cursor:
        cursor.execute(USE_TIME, [seconds, plan.execution.pk])
    publish(plan.stream, "evaluation", event(plan, row))


def event(plan: Plan, row: Evaluation) -> dict[str, Any]:
    """What charts and tables need of one evaluation."""
    took = (row.ended_at - row.started_at).total_seconds() if row.ended_at else None
    return {
        "n": row.number,
        "iteration": plan.iteration.number,
        "objective": row.objective,
        "feasible": row.feasible,
        "outcome": row.state,
        "code": row.code,
        "source": row.source,
        "variables": plan.scaled(row.inputs),
        "inputs": row.inputs,
        "outputs": row.outputs,
        "took_s": took,
    }


def abandon_open(plan: Plan) -> None:
    """Evaluations that an earlier attempt began and never ended are given up; inside a transaction."""
    for row in plan.execution.evaluations.filter(state__in=OPEN):
        row.state, row.ended_at = State.ABANDONED, timezone.now()
        row.detail = "the attempt that made it ended before it was measured"
        row.save(update_fields=["state", "ended_at", "detail"])
        publish(plan.stream, "evaluation", event(plan, row))


def recorded(plan: Plan) -> list[Row]:
    """What a fresh engine is replayed with, in the order it was measured."""
    rows = plan.execution.evaluations.exclude(source=Evaluation.Source.CONFIRMATION)
    ended = rows.filter(state__in=[State.COMPLETED, State.FAILED, State.REFUSED]).order_by("number")
    return [
        Row(numbers(inputs), numbers(outputs), state == State.COMPLETED)
        for inputs, outputs, state in ended.values_list("inputs", "outputs", "state")
    ]


def next_number(plan: Plan) -> int:
    """Numbers begin at 1 and are never used again."""
    last = plan.execution.evaluations.aggregate(last=Max("number"))["last"]
    return (last or 0) + 1


def best(plan: Plan) -> Evaluation | None:
    """The best feasible completed evaluation that the generator learnt from."""
    order = "objective" if plan.configuration.objective.direction == "minimize" else "-objective"
    return (
        plan.execution.evaluations.filter(state=State.COMPLETED, feasible=True, objective__isnull=False)
        .exclude(source=Evaluation.Source.CONFIRMATION)
        .order_by(order, "number")
        .first()
    )
