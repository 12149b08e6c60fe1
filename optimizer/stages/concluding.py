"""What a stage hands back: its conclusion, and what follows from it."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from optimizer.models import StageRecord


def nothing(record: StageRecord) -> None:
    """Nothing follows."""


@dataclass(frozen=True)
class Conclusion:
    """`then` runs in the transaction that closes the stage's record: it makes the next stage due, or ends the
    campaign. With `waits` the record stays open until something else closes it."""

    summary: str
    reasoning: str = ""
    result: dict[str, Any] = field(default_factory=dict)
    then: Callable[[StageRecord], None] = nothing
    waits: bool = False
