"""Many campaigns, as copies of a real one: each with its iteration, approval, execution and some evaluations."""

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, TypeVar

from django.db.models import Model

from xoptweb.transactions import transaction

if TYPE_CHECKING:
    from optimizer.models import Campaign, Execution

Row = TypeVar("Row", bound=Model)
BATCH = 500  # rows a transaction: nobody waits long for the database meanwhile


def copies(row: Row, count: int, change: Callable[[Row, int], None]) -> list[Row]:
    """Store `count` copies of a row, each changed, and give them with their keys."""
    made: list[Row] = []
    fields = [field.attname for field in row._meta.concrete_fields if not field.primary_key]
    for first in range(0, count, BATCH):
        batch = []
        for number in range(first, min(first + BATCH, count)):
            copy = type(row)(**{name: getattr(row, name) for name in fields})
            change(copy, number)
            batch.append(copy)
        with transaction("copies of a row"):
            made += type(row)._default_manager.bulk_create(batch)
    return made


def campaigns(original: "Campaign", count: int, evaluations: int) -> None:
    """So many ended campaigns, each with so many evaluations."""
    iteration = original.iterations.get()
    if iteration.approval is None:
        raise ValueError("the original was never approved")
    made = copies(original, count, lambda row, _: setattr(row, "idempotency_key", None))
    approvals = copies(iteration.approval, count, lambda row, n: setattr(row, "subject", f"optimizer.iteration:{n}"))
    iterations = copies(iteration, count, _with(campaign=made, approval=approvals))
    executions = copies(iteration.execution, count, _with(iteration=iterations, approval=approvals))
    for stage in iteration.stages.all():
        copies(stage, count, _with(iteration=iterations))
    template = iteration.execution.evaluations.earliest("number")
    every = list(_pairs(executions, evaluations))

    def place(row: Any, n: int) -> None:
        row.execution, row.number = every[n]

    copies(template, len(every), place)


def more_evaluations(execution: "Execution", count: int) -> None:
    """Bring an execution to `count` evaluations, with values that differ."""
    last = execution.evaluations.latest("number")

    def place(row: Any, n: int) -> None:
        row.number = last.number + 1 + n
        row.objective = (last.objective or 0.0) + n % 997 / 10

    copies(last, count - execution.evaluations.count(), place)


def _with(**related: list[Any]) -> Callable[[Any, int], None]:
    def change(row: Any, number: int) -> None:
        for name, rows in related.items():
            setattr(row, name, rows[number])

    return change


def _pairs(executions: list[Any], evaluations: int) -> Iterator[tuple[Any, int]]:
    for execution in executions:
        for number in range(1, evaluations + 1):
            yield execution, number
