"""Tunables: typed, versioned, rolled back; which value is in force."""

import math
from typing import Any

import pytest

from modules.models import Configurable, Module, ModuleVersion, Project, Tunable
from modules.services import declaring, tunables, typed
from tests.modules.installed import BY, actor, project
from xoptweb.accounts.models import User
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed, NotFound
from xoptweb.live.services import events_after

BROUGHT = {"prompt": "Be brief.", "digits": 2, "strict": True, "weights": {"a": 1}}


@pytest.fixture
def version(db: None) -> ModuleVersion:
    """A version as its installation leaves it."""
    module = Module.objects.create(name="tests/tuned")
    row = ModuleVersion.objects.create(
        module=module,
        version="1.0.0",
        state="installed",
        manifest={"tunables": BROUGHT, "configurables": {"ops": ["+"]}},
    )
    module.current = row
    module.save()
    declaring.declare(row)
    return row


def tunable(version: ModuleVersion, name: str = "prompt") -> Tunable:
    found: Tunable = tunables.find(Tunable, version.module, name)
    return found


def in_force(version: ModuleVersion, project: Project | None = None, **overrides: Any) -> Any:
    return tunables.effective(version, project, {"tunables": overrides}).tunables


def test_kinds_follow_from_what_the_module_brings_along(version: ModuleVersion) -> None:
    kinds = dict(Tunable.objects.values_list("name", "kind"))
    assert kinds == {"prompt": "text", "digits": "number", "strict": "boolean", "weights": "json"}
    assert Configurable.objects.get().default == ["+"]


def test_run_beats_project_beats_module_beats_default(version: ModuleVersion) -> None:
    row, here = tunable(version), project()
    assert in_force(version, here)["prompt"] == "Be brief."
    tunables.set_value(row, "of the module", by=BY)
    assert in_force(version, here)["prompt"] == "of the module"
    tunables.set_value(row, "of the project", by=BY, project=here)
    assert in_force(version, here)["prompt"] == "of the project"
    assert in_force(version)["prompt"] == "of the module"
    assert in_force(version, here, prompt="of the run")["prompt"] == "of the run"
    origins = tunables.effective(version, here, {"tunables": {"digits": 3}}).tunable_origins
    assert origins == {"prompt": "project", "digits": "run", "strict": "default", "weights": "default"}


def test_a_cleared_value_lets_what_is_below_hold_again(version: ModuleVersion) -> None:
    row, here = tunable(version), project()
    tunables.set_value(row, "of the module", by=BY)
    tunables.set_value(row, "of the project", by=BY, project=here)
    tunables.clear(row, by=BY, project=here)
    assert in_force(version, here)["prompt"] == "of the module"
    tunables.clear(row, by=BY)
    assert in_force(version, here)["prompt"] == "Be brief."


def test_rolling_back_adds_to_the_history_and_takes_nothing_from_it(version: ModuleVersion, peter: User) -> None:
    row = tunable(version)
    for text in ("first", "second", "third"):
        tunables.set_value(row, text, by=actor(peter), reason=f"the {text}")
    restored = tunables.rollback(row, 1, by=actor(peter))
    assert (restored.number, restored.value, restored.restores) == (4, "first", 1)
    assert [each.number for each in tunables.history(row)] == [4, 3, 2, 1]
    assert in_force(version)["prompt"] == "first"
    tunables.rollback(row, 0, by=BY)
    assert in_force(version)["prompt"] == "Be brief."
    with pytest.raises(NotFound):
        tunables.rollback(row, 9, by=BY)


def test_every_change_is_audited_and_told(version: ModuleVersion, peter: User) -> None:
    row = tunable(version)
    tunables.set_value(row, "first", by=actor(peter))
    tunables.set_value(row, "second", by=actor(peter), reason="clearer")
    entry = Entry.objects.filter(action="tunable.set").first()
    assert entry is not None
    assert (entry.who, entry.label) == ("peter", "tests/tuned prompt")
    assert entry.before == {"value": "first", "number": 1}
    assert entry.after is not None
    assert entry.after["value"] == "second"
    event = events_after(version.module.stream, 0)[-1]
    assert event.payload == {"family": "tunable", "name": "prompt", "number": 2, "by": "peter"}


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("prompt", 3), ("digits", "3"), ("digits", True), ("strict", 1), ("weights", math.nan), ("digits", math.inf),
        ("weights", {"a": {1, 2}}), ("prompt", "x" * 300_000), ("prompt", None),
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(version: ModuleVersion, name: str, value: Any) -> None:
    with pytest.raises(Invalid) as refusal:
        tunables.set_value(tunable(version, name), value, by=BY)
    assert set(refusal.value.fields) == {name}
    assert not tunables.history(tunable(version, name)).exists()


def test_bounds_and_choices_hold_wherever_a_value_is_set(version: ModuleVersion) -> None:
    digits, prompt = tunable(version, "digits"), tunable(version)
    tunables.define(digits, kind="number", minimum=0, maximum=5, choices=[], by=BY)
    tunables.define(prompt, kind="choice", minimum=None, maximum=None, choices=["Be brief.", "Explain."], by=BY)
    for row, wrong, right in ((digits, 6, 5), (prompt, "Shout.", "Explain.")):
        with pytest.raises(Invalid):
            tunables.set_value(row, wrong, by=BY, project=project(f"p{row.pk}"))
        with pytest.raises(Invalid) as refusal:
            tunables.checked_overrides(version.module, {row.name: wrong}, {})
        assert set(refusal.value.fields) == {f"tunables.{row.name}"}
        tunables.set_value(row, right, by=BY)


def test_a_definition_that_a_value_in_force_does_not_suit_is_refused(version: ModuleVersion) -> None:
    digits = tunable(version, "digits")
    tunables.set_value(digits, 9, by=BY, project=project())
    with pytest.raises(Invalid, match="in force"):
        tunables.define(digits, kind="number", minimum=0, maximum=5, choices=[], by=BY)
    for wrong in ({"minimum": 3.0, "maximum": 1.0}, {"minimum": math.nan, "maximum": None}):
        with pytest.raises(Invalid):
            tunables.define(digits, kind="number", choices=[], by=BY, **wrong)
    with pytest.raises(Invalid, match="list"):
        tunables.define(digits, kind="choice", minimum=None, maximum=None, choices=[], by=BY)


def test_two_who_edit_at_once_do_not_overwrite_each_other(version: ModuleVersion, peter: User, ada: User) -> None:
    row = tunable(version)
    tunables.set_value(row, "peter's", by=actor(peter), seen=0)
    with pytest.raises(Conflict, match="peter") as conflict:
        tunables.set_value(row, "ada's", by=actor(ada), seen=0)
    assert conflict.value.code == "changed_meanwhile"
    assert in_force(version)["prompt"] == "peter's"


def test_only_those_who_may_edit_tunables_set_them(version: ModuleVersion, olga: User, vera: User) -> None:
    row = tunable(version)
    for person in (olga, vera):
        for change in (
            lambda by: tunables.set_value(row, "x", by=by),
            lambda by: tunables.clear(row, by=by),
            lambda by: tunables.rollback(row, 0, by=by),
            lambda by: tunables.define(row, kind="json", minimum=None, maximum=None, choices=[], by=by),
        ):
            with pytest.raises(NotAllowed):
                change(actor(person))


def test_a_new_version_keeps_values_and_definitions_that_suit_it(version: ModuleVersion) -> None:
    tunables.set_value(tunable(version), "kept", by=BY)
    tunables.define(tunable(version, "digits"), kind="number", minimum=0, maximum=5, choices=[], by=BY)
    newer = ModuleVersion.objects.create(
        module=version.module, version="2.0.0", manifest={"tunables": {"prompt": "New.", "digits": 9, "model": "m"}}
    )
    declaring.declare(newer)
    assert in_force(newer)["prompt"] == "kept"
    digits = tunable(version, "digits")
    assert (digits.kind, digits.maximum, digits.default) == ("number", None, 9)
    assert not tunable(version, "strict").declared
    assert tunable(version, "model").kind == "text"


def test_what_people_type_is_read_by_kind(version: ModuleVersion) -> None:
    prompt, digits, weights = (tunable(version, name) for name in ("prompt", "digits", "weights"))
    assert typed.from_text(prompt, "12\r\n") == "12\n"
    assert typed.from_text(digits, "12") == 12
    assert typed.from_text(weights, typed.to_text(weights, {"a": [1, None]})) == {"a": [1, None]}
    with pytest.raises(Invalid, match="number"):
        typed.from_text(digits, "twelve")
