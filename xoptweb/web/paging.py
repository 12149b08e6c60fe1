"""Long lists in pages, without counting what nobody asked to count twice."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Model, QuerySet
from django.http import HttpRequest, QueryDict

PAGE_SIZE = 50


@dataclass(frozen=True)
class Page:
    """One page of a list: its rows, where it stands, and the addresses of its neighbours."""

    rows: Sequence[Any]
    number: int
    total: int
    size: int
    newer: str
    older: str

    @property
    def first(self) -> int:
        return (self.number - 1) * self.size + 1 if self.total else 0

    @property
    def last(self) -> int:
        return min(self.number * self.size, self.total)

    @property
    def several(self) -> bool:
        return self.total > self.size


def page_number(request: HttpRequest) -> int:
    """The page asked for; whatever is no positive number is the first."""
    text = request.GET.get("page", "1")
    return max(1, int(text)) if text.isdecimal() and len(text) < 8 else 1


def page_of_rows(request: HttpRequest, rows: QuerySet[Any], *, size: int = PAGE_SIZE) -> Page:
    """The asked page of `rows` in two queries: a count and a slice."""
    total = rows.count()
    number = min(page_number(request), max(1, -(-total // size)))
    start = (number - 1) * size
    return Page(
        rows=list(rows[start : start + size]),
        number=number,
        total=total,
        size=size,
        newer=_address(request.GET, number - 1) if number > 1 else "",
        older=_address(request.GET, number + 1) if start + size < total else "",
    )


def _address(query: QueryDict, number: int) -> str:
    changed = query.copy()
    changed["page"] = str(number)
    return f"?{changed.urlencode()}"


def model_key(instance: Model) -> str:
    """The generic key `app.model:pk` by which records name what they are about."""
    return f"{instance._meta.label_lower}:{instance.pk}"
