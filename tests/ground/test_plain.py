"""Values as every database takes them."""

import datetime as dt
import enum
import math
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import pytest
from django.db import models
from pydantic import BaseModel

from xoptweb.plain import plain


class Shape(BaseModel):
    low: float


@dataclass
class Point:
    x: float
    tags: tuple[str, ...]


class Colour(models.TextChoices):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


class Half(float):
    pass


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        (None, None),
        (True, True),
        (3, 3),
        (0.1 + 0.2, 0.30000000000000004),
        (math.nan, None),
        (-math.inf, None),
        (Half(0.5), 0.5),
        ("a\x00b", "a\ufffdb"),
        ({"a": [1, (2, math.nan)], 5: "x", "n\x00": 1}, {"a": [1, [2, None]], "5": "x", "n\ufffd": 1}),
        ({3}, [3]),
        (Shape(low=math.nan), {"low": None}),
        (Point(1.5, ("a",)), {"x": 1.5, "tags": ["a"]}),
        (Colour.RED, "red"),
        (Level.HIGH, 3),
        (dt.datetime(2026, 1, 2, 3, 4, 5, tzinfo=dt.UTC), "2026-01-02T03:04:05Z"),
        (Decimal("1.50"), "1.50"),
    ],
)
def test_a_value_becomes_plain_json(value: Any, expected: Any) -> None:
    result = plain(value)
    assert result == expected
    assert type(result) in {type(expected)}


@pytest.mark.parametrize("value", [object(), b"bytes", lambda: None, Point])
def test_what_has_no_json_form_is_refused(value: Any) -> None:
    with pytest.raises(TypeError):
        plain({"deep": [value]})


def test_nothing_is_shared_with_the_original() -> None:
    original: dict[str, list[int]] = {"a": [1]}
    copy = plain(original)
    original["a"].append(2)
    assert copy == {"a": [1]}
