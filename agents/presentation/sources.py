"""What an answer rests on: the links in the results that were read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from agents.models import Message
from xoptweb.web.addresses import ours
from xoptweb.web.values import visible

NAMES = ("sentence", "title", "name", "channel", "text", "goal", "environment", "machine", "id")
FOREIGN = {"output", "result", "rows", "checks", "steps", "tunables"}  # what modules, skills and files say, as it is
LONGEST = 60
MOST = 12


@dataclass(frozen=True)
class Source:
    link: str
    label: str


@dataclass(frozen=True)
class Proposal:
    """Something that a tool has prepared for a person, and not done."""

    link: str
    text: str
    button: str


def links(rows: Iterable[Message]) -> dict[str, str]:
    """Every address here that the tools' own results name, with what it is."""
    found: dict[str, str] = {}
    for row in rows:
        if row.role == Message.Role.TOOL and not row.failed:
            for entry in _entries(row.result):
                found.setdefault(entry["link"], _label(entry))
    return found


def cited(answer: str, known: dict[str, str]) -> list[Source]:
    """What the answer names comes first; at most twelve."""
    named = [Source(link, label) for link, label in known.items() if f"]({link})" in answer]
    others = [Source(link, label) for link, label in known.items() if f"]({link})" not in answer]
    return [*named, *others][:MOST]


def proposals(rows: Iterable[Message]) -> list[Proposal]:
    """What waits for the person to look at it."""
    found = []
    for row in rows:
        given = row.result
        if row.role != Message.Role.TOOL or row.failed or not isinstance(given, dict):
            continue
        if given.get("created") is False and ours(given.get("link")):
            titled, sentence = given.get("title"), (row.arguments or {}).get("sentence", row.tool)
            button = "Look at it" if titled else "Look at it and start"
            found.append(Proposal(given["link"], visible(str(titled or sentence)), button))
    return found


def _entries(value: Any, depth: int = 0) -> Iterator[dict[str, Any]]:
    if depth > 6:
        return
    if isinstance(value, dict):
        if ours(value.get("link")) and value.get("created") is not False:
            yield value
        for name, part in value.items():
            if name not in FOREIGN:
                yield from _entries(part, depth + 1)
    elif isinstance(value, list):
        for part in value:
            yield from _entries(part, depth + 1)


def _label(entry: dict[str, Any]) -> str:
    named = next((str(entry[name]) for name in NAMES if entry.get(name)), entry["link"])
    label = visible(" ".join(named.split()))
    return label if len(label) <= LONGEST else f"{label[: LONGEST - 1]}…"
