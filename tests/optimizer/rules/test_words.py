"""Numbers in sentences."""

import pytest

from optimizer.words import listed, measured, number, percent, plural


@pytest.mark.parametrize(
    ("value", "error", "text"),
    [
        (371.2, 9.1, "371 ± 9 µm"),
        (61.27, 3.14, "61.3 ± 3.1 µm"),
        (118.4, 4.4, "118 ± 4 µm"),
        (-0.0412, 0.0016, "−0.0412 ± 0.0016 µm"),
        (12345.0, 250.0, "12340 ± 250 µm"),
        (100.0, 99.9, "100 ± 100 µm"),
        (3.3e-12, 1e-13, "3.3e−12 ± 1e−13 µm"),
        (61.27, None, "61.27 µm"),
        (61.27, 0.0, "61.27 µm"),
    ],
)
def test_a_value_is_rounded_to_where_its_error_begins(value: float, error: float | None, text: str) -> None:
    assert measured(value, error, "µm") == text


def test_changes_are_signed_with_a_real_minus() -> None:
    assert [percent(-83.4), percent(4.25), percent(0.0)] == ["−83 %", "+4.2 %", "+0.0 %"]


def test_small_words() -> None:
    assert (plural(1, "channel"), plural(2, "channel")) == ("1 channel", "2 channels")
    assert (listed([]), listed(["a"]), listed(["a", "b", "c"])) == ("", "a", "a, b and c")
    assert number(-1.5) == "−1.5"
