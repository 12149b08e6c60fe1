"""Artifacts as cards: what they are, where they come from, whether they are new to who looks."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agents.models import Artifact, Message
from xoptweb.accounts.models import User

Kind = Artifact.Kind
ICONS = {
    Kind.IMAGE: "bi-image", Kind.NOTEBOOK: "bi-journal-code", Kind.COMMAND: "bi-terminal", Kind.HTML: "bi-window",
    Kind.FILE: "bi-file-earmark",
}  # fmt: skip
SOURCES = {"run": ("runs", "/runs/{}/"), "conversation": ("conversations", "/assistant/{}/"),
           "campaign": ("campaigns", "/campaigns/{}/")}  # fmt: skip
DEEPEST = 6


@dataclass(frozen=True)
class Card:
    row: Artifact
    new: bool = False

    @property
    def icon(self) -> str:
        return ICONS[Kind(self.row.kind)]

    @property
    def pictured(self) -> bool:
        return self.row.kind == Kind.IMAGE

    @property
    def source(self) -> str:
        return self.row.source.replace(":", " ")

    @property
    def source_link(self) -> str:
        kind, _, number = self.row.source.partition(":")
        return SOURCES[kind][1].format(number) if kind in SOURCES and number.isdecimal() else ""


def cards(rows: Iterable[Artifact], user: User) -> list[Card]:
    """One query for what is new."""
    from agents.services.artifacts import new_to

    listed = list(rows)
    new = set(new_to(user).filter(pk__in=[row.pk for row in listed]).values_list("pk", flat=True))
    return [Card(row, row.pk in new) for row in listed]


def made(messages: Iterable[Message]) -> dict[int, Card]:
    """The artifacts that the results of these messages name, as far as they are still there: at most one query."""
    numbers = {number for row in messages if row.role == Message.Role.TOOL for number in named(row.result)}
    if not numbers:
        return {}
    conversations = {row.conversation_id for row in messages}
    rows = Artifact.objects.filter(pk__in=numbers, conversation__in=conversations).order_by("pk")
    return {row.pk: Card(row) for row in rows}


def named(result: Any, depth: int = 0) -> Iterator[int]:
    """The numbers of artifacts in a result."""
    if depth > DEEPEST:
        return
    if isinstance(result, dict):
        if isinstance(number := result.get("artifact"), int):
            yield number
        for part in result.values():
            yield from named(part, depth + 1)
    elif isinstance(result, list):
        for part in result:
            yield from named(part, depth + 1)
