"""What is said about an end."""

import pytest

from optimizer.execution.attempt import stop_in_words


@pytest.mark.parametrize(
    ("reason", "sentence"),
    [
        ("Stopped by olga.", "Stopped by olga."),
        ("stopped by olga", "Stopped by olga."),
        ("STOP by olga: smoke in the rack", "STOP by olga: smoke in the rack."),
        ("STOP", "Stopped."),
        ("the machine was disarmed", "Stopped: the machine was disarmed."),
    ],
)
def test_a_stop_is_told_in_one_sentence(reason: str, sentence: str) -> None:
    assert stop_in_words(reason) == sentence
