"""An operator's words and what is understood."""

from dataclasses import dataclass, field

import pytest

from optimizer.sentence import understand


@dataclass
class Improvable:
    name: str
    direction: str
    synonyms: list[str] = field(default_factory=list)


OBJECTIVES = [
    Improvable("beam_size", "minimize", ["spot size", "beam on the screen", "σ"]),
    Improvable("beam_charge", "maximize", ["transmission", "current", "less scraping"]),
    Improvable("losses", "minimize", ["loss monitor"]),
]


@pytest.mark.parametrize(
    ("sentence", "objective", "direction"),
    [
        ("Make the beam on the screen smaller", "beam_size", "minimize"),
        ("minimise beam_size", "beam_size", "minimize"),
        ("Shrink the spot sizes, please!", "beam_size", "minimize"),
        ("make the beam smaller", "beam_size", "minimize"),
        ("improve transmission", "beam_charge", "maximize"),
        ("More BEAM CHARGE", "beam_charge", "maximize"),
        ("reduce the loss", "losses", "minimize"),
        ("beam size", "beam_size", "minimize"),
        ("less scraping", "beam_charge", "maximize"),
    ],
)
def test_words_that_name_one_objective_are_understood(sentence: str, objective: str, direction: str) -> None:
    understood = understand(sentence, OBJECTIVES)
    assert (understood.objective, understood.direction) == (objective, direction)
    assert understood.question == ""


def test_what_was_understood_is_told_in_words() -> None:
    assert understand("make the beam on the screen smaller", OBJECTIVES).text == "understood as: minimise beam size"


@pytest.mark.parametrize(
    ("sentence", "candidates"),
    [
        ("", ["beam_size", "beam_charge", "losses"]),
        ("μμ !", ["beam_size", "beam_charge", "losses"]),
        ("make it nicer", ["beam_size", "beam_charge", "losses"]),
        ("smaller spot size and more transmission", ["beam_size", "beam_charge"]),
        ("make the beam on the screen larger", ["beam_size"]),
        ("do not reduce the beam size", ["beam_size"]),
        ("less transmission", ["beam_charge"]),
        ("a smaller or larger spot size", ["beam_size"]),
    ],
)
def test_anything_else_asks(sentence: str, candidates: list[str]) -> None:
    understood = understand(sentence, OBJECTIVES)
    assert understood.objective is None
    assert understood.question
    assert understood.candidates == candidates


def test_the_longer_name_wins_over_a_part_of_it() -> None:
    both = [Improvable("size", "minimize"), Improvable("beam_size", "minimize")]
    assert understand("reduce beam size", both).objective == "beam_size"
    assert understand("reduce size", both).objective == "size"
