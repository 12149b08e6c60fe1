"""How values read."""

import math

import pytest

from xoptweb.web.values import duration, number, percent, units, visible


@pytest.mark.parametrize(
    ("value", "precision", "text"),
    [
        (14.213, 3, "14.213"),
        (-12.8711, 3, "−12.871"),
        (-0.0001, 3, "0.000"),
        (0, 2, "0.00"),
        (6.1234e-9, 11, "6.12e−9"),
        (6.1234e-9, None, "6.123e−9"),
        (-1e9, 2, "−1.00e9"),
        (371.23, None, "371.2"),
        (None, 3, "—"),
        ("", 3, "—"),
        (math.nan, 3, "NaN"),
        (math.inf, None, "∞"),
        (-math.inf, 3, "−∞"),
        ("IN", 3, "IN"),
        ("a\x07b", None, "a\\x07b"),
        (True, 2, "True"),
        (7, None, "7"),
    ],
)
def test_numbers_are_typographic_and_honest(value: object, precision: int | None, text: str) -> None:
    assert number(value, precision) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [(0, "0 s"), (0.15, "0.15 s"), (2.1, "2.1 s"), (59.6, "1 m"), (130, "2 m 10 s"), (600, "10 m"), (25920, "7 h 12 m"),
     (90000, "1 d 1 h"), (None, "—"), (math.nan, "—"), (-5, "−5 s")],
)  # fmt: skip
def test_durations_have_two_units_at_most(seconds: float | None, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(("value", "text"), [(-83.4, "−83"), (4.26, "+4.3"), (0.0, "0"), (None, "—"), (math.nan, "—")])
def test_changes_have_a_sign(value: float | None, text: str) -> None:
    assert percent(value).removesuffix("\u00a0%") == text


def test_what_cannot_be_seen_is_written_out() -> None:
    assert visible("a\u202eb\u200bc\x00\x1b[0m\n\ufeff") == "a\\u202eb\\u200bc\\x00\\x1b[0m\n\\ufeff"
    assert visible("Größe ✓ 光") == "Größe ✓ 光"
    assert visible("\U000e0041") == "\\U000e0041"


@pytest.mark.parametrize(
    ("text", "shown"), [("m^-2", "m⁻²"), ("1/m**2", "1/m²"), ("um", "µm"), ("mrad", "mrad"), ("\u202epC", "\\u202epC")]
)
def test_units_are_printed_as_they_are_written_by_hand(text: str, shown: str) -> None:
    assert units(text) == shown
