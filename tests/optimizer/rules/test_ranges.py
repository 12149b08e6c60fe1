"""From a range rule to a range."""

import pytest

from optimizer.ranges import RangeRefused, Rule, resolve

LOW, HIGH = -30.0, 30.0


@pytest.mark.parametrize(
    ("rule", "present", "expected"),
    [
        (Rule("absolute", -12.0, 18.0), 10.0, (-12.0, 18.0)),
        (Rule("delta", -2.0, 4.0), 10.0, (8.0, 14.0)),
        (Rule("fraction_full", fraction=0.1), 10.0, (4.0, 16.0)),
        (Rule("fraction_current", fraction=0.1), -10.0, (-11.0, -9.0)),
    ],
)
def test_each_kind_gives_its_range(rule: Rule, present: float, expected: tuple[float, float]) -> None:
    found = resolve(rule, present, LOW, HIGH)
    assert (found.low, found.high) == expected
    assert found.note == ""


def test_a_fraction_of_zero_is_refused() -> None:
    with pytest.raises(RangeRefused, match="present value is zero"):
        resolve(Rule("fraction_current", fraction=0.5), 0.0, LOW, HIGH)


def test_a_range_beyond_the_limits_is_clipped_and_says_so() -> None:
    found = resolve(Rule("delta", -10.0, 10.0), 25.0, LOW, HIGH)
    assert (found.low, found.high) == (15.0, 30.0)
    assert "15 … 35" in found.note


@pytest.mark.parametrize(
    ("rule", "present", "words"),
    [
        (Rule("absolute", 40.0, 50.0), 0.0, "outside the channel's limits"),
        (Rule("absolute", 5.0, 5.0), 0.0, "must be below"),
        (Rule("absolute", 5.0, None), 0.0, "low and high"),
        (Rule("fraction_full"), 0.0, "fraction above zero"),
        (Rule("fraction_full", fraction=-0.1), 0.0, "fraction above zero"),
        (Rule("delta", -1.0, 1.0), float("nan"), "not finite"),
        (Rule("absolute", 0.0, float("inf")), 0.0, "not finite"),
        (Rule("guess", 0.0, 1.0), 0.0, "no kind"),
    ],
)
def test_a_rule_without_a_usable_range_is_refused(rule: Rule, present: float, words: str) -> None:
    with pytest.raises(RangeRefused, match=words):
        resolve(rule, present, LOW, HIGH)
