"""What the routers of every app share: pages of lists, the idempotency header, times."""

from typing import Any, Generic, TypeVar

from django.db.models import QuerySet
from ninja import Schema
from pydantic import Field

Item = TypeVar("Item")


class Cut(Schema):
    """Which part of a list is wanted."""

    limit: int = Field(50, ge=1, le=500, description="How many at most.")
    offset: int = Field(0, ge=0, le=10_000_000, description="How many to leave out from the beginning.")


class Listed(Schema, Generic[Item]):
    """Part of a list, and how long the whole of it is."""

    total: int
    items: list[Item]


class ProblemOut(Schema):
    """Why something was not done."""

    code: str = Field(examples=["wrong_state"])
    detail: str = Field(examples=["This campaign is finished; it can't become paused."])
    fields: dict[str, str] = Field({}, examples=[{"evaluations": "must be at least 7"}])


REFUSALS = dict.fromkeys((400, 401, 403, 404, 409, 422, 503), ProblemOut)
ONCE: dict[str, Any] = {
    "parameters": [
        {
            "in": "header",
            "name": "Idempotency-Key",
            "required": False,
            "schema": {"type": "string", "maxLength": 80},
            "description": "A repetition with the same key does nothing and gets the first answer.",
        }
    ]
}


def cut(rows: QuerySet[Any], wanted: Cut) -> tuple[int, list[Any]]:
    """The wanted rows and the number of all, in two queries."""
    return rows.count(), list(rows[wanted.offset : wanted.offset + wanted.limit])
