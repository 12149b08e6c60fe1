"""Environments from facility files: as they stand there, or refused with the key."""

from typing import Any

import pytest

from controls.facility import Document
from optimizer import facility
from optimizer.environments import problems
from optimizer.models import Environment, Objective, Variable
from tests import demo_facility
from tests.optimizer.world import acting
from xoptweb.accounts.models import User
from xoptweb.actors import system
from xoptweb.audit.models import Entry
from xoptweb.errors import Invalid, NotAllowed


def with_changes(*path: str | int, to: Any) -> Document:
    """The demo's file with one value changed."""
    document = demo_facility.document().model_copy(deep=True)
    level: Any = document.environment
    for part in path[:-1]:
        level = level[part]
    level[path[-1]] = to
    return document


def test_the_demo_environment_is_loaded_with_all_of_its_parts(demo: Environment) -> None:
    assert [v.name for v in demo.variables.all()] == ["Q1", "Q2", "Q3", "CV", "CH"]
    assert [v.name for v in demo.variables.filter(default=True)] == ["Q1", "Q2", "Q3"]
    assert demo.objectives.get(name="beam_size").log
    assert demo.constraints.get().value == 50
    assert {guard.action for guard in demo.guards.all()} == {"abort", "pause"}
    assert str(demo.criteria.order_by("id")[0]) == "beam charge > 80"
    assert problems(demo) == []


def test_what_is_there_already_stays_as_people_edited_it(demo: Environment) -> None:
    Variable.objects.filter(name="Q1").update(low=-1.0)
    again = facility.load(demo_facility.document(), demo.machine, by=system("tests"))
    assert again == demo
    assert Variable.objects.get(name="Q1").low == -1.0
    assert Entry.objects.filter(action="environment.loaded").count() == 1


@pytest.mark.parametrize(
    ("path", "to", "key", "words"),
    [
        (("variables", "Q1", "range", "kind"), "guess", "environment.variables.Q1.range.kind", "absolute"),
        (("variables", "Q1", "range", "low"), 25, "environment.variables.Q1.range", "must be below"),
        (("variables", "Q1", "range", "low"), float("nan"), "environment.variables.Q1.range.low", "finite"),
        (("variables", "Q1", "surprise"), 1, "environment.variables.Q1.surprise", "permitted"),
        (("variables", "Q1", "channel"), "Q9", "environment.variables.Q1", "no channel Q9"),
        (("variables", "Q1", "channel"), "charge", "environment.variables.Q1.range", "may not be written"),
        (("observables", "beam_size", "samples"), 0, "environment.observables.beam_size.samples", "greater"),
        (("observables", "beam_size", "channel"), "nowhere", "environment.observables.beam_size", "no channel"),
        (("formulas", "roundness", "expression"), "x_size.__class__", "environment.formulas", "Attribute"),
        (("objectives", "beam_size", "direction"), "down", "environment.objectives.beam_size.direction", "minimize"),
        (("constraints", "mass"), {"op": "less_than", "value": 1}, "environment.constraints.mass", "not measured"),
        (("criteria", 0, "op"), "~", "environment.criteria.0.op", "Input"),
        (("guards", 0, "channel"), "nowhere", "environment.guards.0", "no channel nowhere"),
        (("slug",), "Not a slug", "environment.slug", "pattern"),
    ],
)
def test_what_does_not_fit_is_named_with_its_key(
    path: tuple[str | int, ...], to: Any, key: str, words: str, demo: Environment
) -> None:
    demo.delete()
    with pytest.raises(Invalid) as refused:
        facility.load(with_changes(*path, to=to), demo.machine, by=system("tests"))
    assert words in refused.value.fields[key]
    assert not Environment.objects.exists()
    assert not Objective.objects.exists()


def test_a_file_without_an_environment_loads_none(demo: Environment) -> None:
    document = demo_facility.document().model_copy(update={"environment": {}})
    assert facility.load(document, demo.machine, by=system("tests")) is None


def test_only_who_may_configure_loads(demo: Environment, olga: User) -> None:
    with pytest.raises(NotAllowed):
        facility.load(demo_facility.document(), demo.machine, by=acting(olga))
