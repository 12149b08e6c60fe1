"""The catalogue holds to the real Xopt, and only the control worker imports it."""

import subprocess
import sys
from pathlib import Path

import pytest

from optimizer.generators.catalogue import PATH, effective, entry, problems
from optimizer.generators.options import Option
from xoptweb.errors import Invalid

ROOT = Path(__file__).parents[3]


@pytest.mark.filterwarnings("ignore::pydantic.warnings.UnsupportedFieldAttributeWarning")
def test_the_catalogue_is_what_the_installed_xopt_says() -> None:
    from optimizer.generators.generate import generate

    assert generate() == PATH.read_text(), "run: python -m optimizer.generators.generate"


def test_the_options_of_every_generator_of_xopt_can_be_read() -> None:
    code = (
        "from xopt.generators import get_generator, list_available_generators\n"
        "from optimizer.generators.generate import options_of\n"
        "for name in list_available_generators():\n"
        "    print(name, *[option.name for option in options_of(get_generator(name))])\n"
    )
    done = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", code], cwd=ROOT, capture_output=True, text=True, check=True
    )
    found = {line.split()[0]: line.split()[1:] for line in done.stdout.splitlines()}
    assert len(found) == 15
    assert "reference_point" not in found["mobo"]
    assert "oscillation_size" in found["extremum_seeking"]
    assert "numerical_optimizer.max_time" in found["mobo"]
    assert "model" not in found["expected_improvement"]


def test_what_generators_can_do_is_known() -> None:
    assert not entry("neldermead").constraints
    assert entry("expected_improvement").constraints
    assert entry("expected_improvement").noise
    assert entry("latin_hypercube").explores
    with pytest.raises(Invalid, match="no generator"):
        entry("guess")


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"beta": -1.0}, "at least 0"),
        ({"beta": "2"}, "must be a number"),
        ({"beta": float("nan")}, "finite"),
        ({"beta": True}, "must be a number"),
        ({"numerical_optimizer.max_time": 0.0}, "above 0"),
        ({"numerical_optimizer.max_time": None}, "is missing"),
        ({"numerical_optimizer.max_time": 1e9}, "at most 60"),
        ({"n_monte_carlo_samples": 1.5}, "whole number"),
        ({"gp_constructor.use_low_noise_prior": 1}, "true or false"),
        ({"gp_constructor": {"covar_modules": "x.pt"}}, "no such option"),
    ],
)
def test_options_are_checked_without_xopt(options: dict[str, object], words: str) -> None:
    (reason,) = problems("upper_confidence_bound", options).values()
    assert words in reason


def test_a_choice_is_one_of_its_choices() -> None:
    option = Option(name="o", type="choice", default="a", choices=["a", "b"])
    assert option.problem("a") == ""
    assert "a, b" in option.problem("c")
    assert problems("latin_hypercube", {"optimization": None}) == {}


def test_options_that_are_not_given_have_the_control_rooms_defaults() -> None:
    assert effective("upper_confidence_bound", {"beta": 3.0})["beta"] == 3.0
    assert effective("upper_confidence_bound", {})["numerical_optimizer.max_time"] == 1.0
