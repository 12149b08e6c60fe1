"""What a stage hands back: its conclusion, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from optimizer.models import StageRecord
from optimizer.stages.by_module.question import Question

RULES = "rules"


def nothing(record: StageRecord) -> None:
    """Nothing follows."""


@dataclass(frozen=True)
class Conclusion:
    """`then` runs in the transaction that closes the stage's record: it makes the next stage due, or ends the
    campaign. With `waits` the record stays open until something else closes it. `question` is what a module may be
    asked before this holds; without one the rules alone decide. `by` says who concluded."""

    summary: str
    reasoning: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    then: Callable[[StageRecord], None] = nothing
    waits: bool = False
    question: Question | None = None
    by: str = RULES
