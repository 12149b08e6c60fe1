"""The audit log as a file, made piece by piece."""

import csv
import json
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from django.db.models import QuerySet

from xoptweb.audit.models import Entry

COLUMNS = (
    "id", "at", "who", "role", "via", "token", "action", "target", "label", "before", "after", "correlation",
)  # fmt: skip
BATCH = 500
FORMULA = ("=", "+", "-", "@", "\t", "\r")


def export_csv(entries: QuerySet[Entry]) -> Iterator[str]:
    """The entries as lines of CSV with a heading, oldest first. No cell can be taken for a formula."""
    line = csv.writer(_Line())
    yield line.writerow(COLUMNS)
    for entry in _oldest_first(entries):
        yield line.writerow([_cell(value) for value in _values(entry)])


def export_json_lines(entries: QuerySet[Entry]) -> Iterator[str]:
    """The entries as one JSON object a line, oldest first."""
    for entry in _oldest_first(entries):
        yield json.dumps(dict(zip(COLUMNS, _values(entry), strict=True)), ensure_ascii=False) + "\n"


def _oldest_first(entries: QuerySet[Entry]) -> Iterator[Entry]:
    """In batches by id, so that a slow download holds nothing open in the database."""
    last = 0
    while batch := list(entries.filter(pk__gt=last).order_by("pk")[:BATCH]):
        yield from batch
        last = batch[-1].pk


def _values(entry: Entry) -> Sequence[Any]:
    return [entry.at.isoformat() if name == "at" else getattr(entry, name) for name in COLUMNS]


def _cell(value: Any) -> str:
    text = "" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return f"'{text}" if text.startswith(FORMULA) else text


class _Line:
    """What `csv.writer` writes to: it gives the line back."""

    write: Callable[[str], str] = staticmethod(str)
