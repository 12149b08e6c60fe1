"""What is wrong with a value is said in words that a person uses."""

import pytest

from optimizer.services.choices import parse
from xoptweb.errors import Invalid


@pytest.mark.parametrize(
    ("field", "value", "said"),
    [
        ("sentence", "", "is needed"),
        ("sentence", "x" * 301, "must have at most 300 characters"),
        ("iterations_max", "two", "must be a whole number"),
        ("iterations_max", "1.5", "must be a whole number"),
        ("iterations_max", "0", "must be at least 1"),
        ("iterations_max", "21", "must be at most 20"),
        ("iterations_max", "9" * 5000, "has too many digits"),
        ("pinned", {"seed": 2**31}, "must be less than 2147483648"),
        ("end", "explode", "must be one of 'best', 'restore' or 'leave'"),
        ("colour", "red", "is not known here"),
    ],
)
def test_each_kind_of_fault_has_its_sentence(field: str, value: object, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({"environment": "screen-focus", "sentence": "smaller beam", field: value})
    assert list(refused.value.fields.values()) == [said]


@pytest.mark.parametrize(("low", "said"), [("abc", "must be a number"), ("NaN", "must be a finite number")])
def test_a_range_takes_finite_numbers_only(low: str, said: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse(
            {
                "environment": "screen-focus",
                "sentence": "smaller beam",
                "pinned": {"variables": {"Q1": {"low": low, "high": "5"}}, "seconds": "0"},
            }
        )
    assert refused.value.fields == {"pinned.variables.Q1.low": said, "pinned.seconds": "must be more than 0"}
