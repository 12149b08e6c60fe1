"""A configuration that does not suit is never shown to anyone."""

from collections.abc import Callable
from typing import Any

import pytest

from controls.models import Channel
from optimizer.configuration import Configuration
from optimizer.configuration.template import Known, build
from optimizer.configuration.validation import require_valid, validate
from optimizer.models import Environment, Guard
from tests.optimizer.world import request
from xoptweb.accounts.models import User
from xoptweb.errors import Invalid

PRESENT = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}
Change = Callable[[dict[str, Any]], None]


@pytest.fixture
def good(demo: Environment, olga: User) -> Configuration:
    return build(request(olga), "optimization", Known(PRESENT), seed=1)


def changed(configuration: Configuration, change: Change) -> Configuration:
    content = configuration.model_dump()
    change(content)
    return Configuration.model_validate(content)


def test_a_template_is_valid(good: Configuration, demo: Environment) -> None:
    assert validate(good, demo, PRESENT) == []
    require_valid([])


def set_in(*path: str | int, to: Any) -> Change:
    """Change one value deep in a configuration."""

    def change(content: dict[str, Any]) -> None:
        level: Any = content
        for part in path[:-1]:
            level = level[part]
        level[path[-1]] = to

    return change


@pytest.mark.parametrize(
    ("change", "field", "words"),
    [
        (set_in("generator", to="guess"), "generator", "must be one of"),
        (set_in("generator", to="neldermead"), "generator", "takes no constraints (charge)"),
        (set_in("options", to={"beta": 1}), "options.beta", "no such option"),
        (set_in("evaluations", to=6), "evaluations", "at least 7"),
        (set_in("variables", to={}), "variables", "at least one"),
        (set_in("variables", "Q1", "low", to=20.0), "variables.Q1.low", "not below"),
        (set_in("variables", "Q1", "low", to=-31.0), "variables.Q1.low", "limit -30"),
        (set_in("variables", "Q1", "high", to=31.0), "variables.Q1.high", "limit 30"),
        (set_in("variables", "Q1", "max_step", to=6.0), "variables.Q1.max_step", "more than the channel's 5"),
        (set_in("variables", "Q1", "start", to=10.2), "variables.Q1.start", "is 10 now, no longer 10.2"),
        (set_in("variables", "Q1", "address", to="W:LI01:QUAD:02:K1"), "variables.Q1", "another channel than Q1"),
        (set_in("initial", "rows", 0, "Q1", to=25.0), "initial.rows", "outside -20 to 20"),
        (set_in("initial", "rows", 0, to={"Q1": 1.0}), "initial.rows", "exactly the chosen"),
        (set_in("observables", "beam_size", "address", to="ELSEWHERE"), "observables.beam_size", "no such thing"),
        (set_in("formulas", "roundness", "expression", to="x_size / z"), "formulas", "z, which is not measured"),
        (set_in("formulas", "roundness", "expression", to="open('x')"), "formulas", "roundness"),
        (set_in("objective", "name", to="brightness"), "objective", "brightness"),
        (set_in("objective", "direction", to="maximize"), "objective", "minimized, not maximized"),
        (set_in("constraints", to={"z": {"kind": "less_than", "value": 1}}), "constraints.z", "not measured"),
        (set_in("constraints", to={"beam_size": {"kind": "less_than", "value": 1}}), "constraints.beam_size", "itself"),
        (set_in("guards", to=[]), "guards", "is missing"),
        (set_in("guards", 0, "value", to=1.0), "guards", "is missing"),
    ],
)
def test_every_fault_is_named_with_its_field(
    change: Change, field: str, words: str, good: Configuration, demo: Environment
) -> None:
    found = validate(changed(good, change), demo, PRESENT)
    reasons = [fault.reason for fault in found if fault.field == field]
    assert any(words in reason for reason in reasons) or (field == "formulas" and reasons), found
    with pytest.raises(Invalid) as refused:
        require_valid(found)
    assert field in refused.value.fields


def test_two_variables_never_move_one_channel(good: Configuration, demo: Environment) -> None:
    demo.variables.filter(name="Q2").update(channel=Channel.objects.get(name="Q1"))
    faults = validate(changed(good, lambda c: c["variables"].update(Q2=c["variables"]["Q1"])), demo)
    assert [fault.reason for fault in faults if fault.field == "variables.Q2"] == ["moves the same channel as Q1"]


def test_an_unknown_present_value_is_a_fault(good: Configuration, demo: Environment) -> None:
    assert [f.field for f in validate(good, demo, {**PRESENT, "Q2": float("nan")})] == ["variables.Q2.start"]


def test_a_guard_that_was_added_meanwhile_must_be_in_it(good: Configuration, demo: Environment) -> None:
    Guard.objects.create(
        environment=demo, name="loss", channel=Channel.objects.get(name="loss"), operator="<", value=5.0
    )
    assert [fault.field for fault in validate(good, demo, PRESENT)] == ["guards"]


@pytest.mark.parametrize("bad", [float("nan"), float("inf"), "much", None])
def test_what_is_no_number_is_no_configuration(bad: Any, good: Configuration) -> None:
    with pytest.raises(ValueError, match="variables"):
        changed(good, set_in("variables", "Q1", "low", to=bad))
