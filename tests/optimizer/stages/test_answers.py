"""What counts as an answer of a module, whoever wrote the module."""

from typing import Any

import pytest
from pydantic import BaseModel

from optimizer.stages.by_module.answers import (
    AnalysisAnswer,
    ConfigurationAnswer,
    DecisionAnswer,
    StateAnswer,
    parsed,
)
from optimizer.stages.by_module.question import Refused

BECAUSE = {"reasoning": "Because."}
CHOICES: dict[str, Any] = {"choices": {"variables": {"Q1": {"low": 1, "high": 2}}}, **BECAUSE}
WRONG: list[tuple[type[BaseModel], Any, str]] = [
    (StateAnswer, None, "the answer"),
    (StateAnswer, "ready", "the answer"),
    (StateAnswer, {"state": "READY", **BECAUSE}, "state"),
    (StateAnswer, {"state": "ready", "reasoning": "  "}, "reasoning"),
    (StateAnswer, {"state": "ready", "votes": 0, **BECAUSE}, "votes"),
    (DecisionAnswer, {"decision": "continue", "strategy": "luck", **BECAUSE}, "strategy"),
    (ConfigurationAnswer, {"choices": {"guards": []}, **BECAUSE}, "choices.guards"),
    (ConfigurationAnswer, {"choices": {"seconds": 1e9}, **BECAUSE}, "choices.seconds"),
    (ConfigurationAnswer, {"choices": {"constraints": []}, **BECAUSE}, "choices.constraints"),
    (ConfigurationAnswer, {"choices": {"evaluations": 10**9}, **BECAUSE}, "choices.evaluations"),
    (
        ConfigurationAnswer,
        {"choices": {"variables": {"Q1": {"low": "-inf", "high": 2}}}, **BECAUSE},
        "variables.Q1.low",
    ),
    (AnalysisAnswer, {"explanation": "x", "best": 0.0}, "best"),
    (AnalysisAnswer, {"explanation": "x" * 5000}, "explanation"),
]


@pytest.mark.parametrize(("form", "output", "place"), WRONG)
def test_what_is_not_of_the_form_is_refused_by_name(form: type[BaseModel], output: Any, place: str) -> None:
    with pytest.raises(Refused) as refused:
        parsed(form, output)
    assert f"{place}: " in refused.value.message


def test_what_is_of_the_form_counts() -> None:
    assert parsed(ConfigurationAnswer, CHOICES).choices.evaluations is None
    assert parsed(AnalysisAnswer, {"explanation": " so "}).explanation == "so"
