"""Two runs side by side as a page shows them."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from modules.models import Run
from modules.presentation.words import brief, money, readable, run_pill, took
from modules.services.comparing import Comparison, Row, compare
from xoptweb.web.difference import Line, lines
from xoptweb.web.values import NOTHING, number, short_digest

LONG = 90  # characters; longer values are compared line by line
OUTPUTS = {"input", "output", "error"}


@dataclass(frozen=True)
class Fact:
    """`difference` is given for long values that differ."""

    name: str
    left: str
    right: str
    same: bool
    difference: list[Line]


@dataclass(frozen=True)
class Step:
    """`here`: the first step at which the runs part."""

    number: int
    left: str
    right: str
    same: bool
    here: bool


class Compared:
    def __init__(self, left: Run, right: Run) -> None:
        self.left, self.right = left, right
        self.pills = run_pill(left), run_pill(right)

    @cached_property
    def comparison(self) -> Comparison:
        return compare(self.left, self.right)

    @property
    def facts(self) -> list[Fact]:
        return [fact(row) for row in self.comparison.facts]

    @property
    def tunables(self) -> list[Fact]:
        return [fact(row) for row in self.comparison.tunables]

    @property
    def configurables(self) -> list[Fact]:
        return [fact(row) for row in self.comparison.configurables]

    @property
    def steps(self) -> list[Step]:
        parted = self.comparison.parted_at
        return [
            Step(place + 1, said(row.left), said(row.right), row.same, place == parted)
            for place, row in enumerate(self.comparison.steps)
        ]

    @property
    def parted_words(self) -> str:
        """Where the traces part, in words."""
        if not self.comparison.steps:
            return "neither has steps"
        parted = self.comparison.parted_at
        return "the same steps with the same inputs" if parted is None else f"they part at step {parted + 1}"


def fact(row: Row) -> Fact:
    texts = [full(row.name, value) for value in (row.left, row.right)]
    long = any(len(text) > LONG or "\n" in text for text in texts)
    return Fact(
        name=row.name,
        left=brief(texts[0]) or NOTHING,
        right=brief(texts[1]) or NOTHING,
        same=row.same,
        difference=lines(*texts) if long and not row.same else [],
    )


def full(name: str, value: Any) -> str:
    """The value as a person reads it."""
    if value is None or value == "":
        return ""
    if name == "content":
        return short_digest(str(value))
    if name == "seconds":
        return took(value)
    if name == "cost":
        return money(value)
    if isinstance(value, int | float) and not isinstance(value, bool) and name not in OUTPUTS:
        return number(value)
    return readable(value)


def said(step: dict[str, Any] | None) -> str:
    """What a step was, on one line."""
    if step is None:
        return NOTHING
    name = step.get("step_name") or step.get("target_module") or step.get("tool") or step.get("model") or ""
    about = step.get("input") or step.get("prompt") or step.get("arguments") or ""
    kind = str(step.get("kind", "")).replace("_", " ")
    return f"{kind} {brief(name)}: {brief(about)}" if about else f"{kind} {brief(name)}"
