"""A project's files: in and out unchanged in meaning, and what is wrong in them is named."""

import tomllib
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from modules.files import configuration, deps, lock
from modules.models import Module, Project, Run, Tunable, TunableValue
from modules.services import project_files, projects, tunables
from tests.modules.installed import BY, Install, actor, project, ran
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.errors import Invalid, NotAllowed, NotFound

DEPS = """
[modules]
"demo/calculator" = "1.0.0"
"demo/reasoner" = ">=0.2,<1"

[sources]
"demo/reasoner" = { path = "../reasoner" }

[registries]
lab = "https://modules.lab/xopt"
"""
VALUES = """
[tunables]
prompt = '''
Answer with “yes” or “no”.
Never explain.
'''
windows = "a\\r\\nb"
digits = 3
ratio = 3.0
strict = false
weights = { a = [1, 2.5], b = { c = "d" } }

[configurables]
tools = ["x", { name = "y" }]
"""
FILES = {"deps.toml": DEPS, "xopt-calculator.toml": VALUES}

pytestmark = pytest.mark.django_db(transaction=True)


def meaning(files: dict[str, str]) -> dict[str, Any]:
    return {name: tomllib.loads(text) for name, text in files.items()}


def test_files_go_in_and_out_unchanged_in_meaning() -> None:
    here = project()
    assert project_files.take_in(here, FILES, by=BY)
    out = project_files.give_out(here)
    assert meaning(out) == meaning(FILES)
    assert isinstance(tomllib.loads(out["xopt-calculator.toml"])["tunables"]["ratio"], float)
    assert not project_files.take_in(here, out, by=BY)
    assert TunableValue.objects.count() == 6


def test_a_long_text_stays_readable() -> None:
    text = configuration.written(configuration.Configuration({"prompt": "one\ntwo\n"}), "xopt-x.toml")
    assert '"""\none\ntwo\n"""' in text


def test_only_what_changed_gets_a_new_number_and_what_is_gone_is_cleared() -> None:
    here = project()
    project_files.take_in(here, FILES, by=BY)
    changed = VALUES.replace("digits = 3", "digits = 4").replace("strict = false\n", "")
    project_files.take_in(here, FILES | {"xopt-calculator.toml": changed}, by=BY)
    module = Module.objects.get(name="demo/calculator")
    digits, strict, ratio = (tunables.find(Tunable, module, name) for name in ("digits", "strict", "ratio"))
    assert [row.value for row in tunables.history(digits, here)] == [4, 3]
    assert tunables.history(strict, here)[0].cleared
    assert tunables.history(ratio, here).count() == 1
    project_files.take_in(here, {"deps.toml": DEPS}, by=BY)
    assert not projects.values_of(here, module)


def test_values_of_one_project_are_not_those_of_another() -> None:
    here, there = project("Here"), project("There")
    project_files.take_in(here, FILES, by=BY)
    assert not projects.values_of(there, Module.objects.get(name="demo/calculator"))


@pytest.mark.django_db(transaction=True)
def test_a_module_that_is_installed_later_uses_the_values_that_were_there_before(install: Install) -> None:
    here = project()
    files = {"deps.toml": '[modules]\n"tests/small" = "*"\n', "xopt-small.toml": '[tunables]\ngreeting = "Howdy"\n'}
    project_files.take_in(here, files, by=BY)
    install(
        'more = client.tunable("greeting")\n@m.step\ndef begin(given):\n    return f"{more()} {given}"',
        more='tunables:\n  greeting: "Hello"\n',
    )
    first = ran(given="Ada", project=here)
    assert (first.error, first.output) == ("", "Howdy Ada")
    run = ran(given="Ada")
    assert (run.error, run.output) == ("", "Hello Ada")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("[modules", "deps.toml"),
        ("[modules]\n\"..\" = \"1\"", "modules..."),
        ("[modules]\n\"a/b\" = 1", "modules.a/b"),
        ("[modules]\n\"a/b\" = \"newest\"", "modules.a/b"),
        ("modules = 3", "modules"),
        ("[module]\n\"a/b\" = \"1\"", "module"),
        ("[modules]\n\"a/b\" = \"1\"\n[sources]\n\"a/b\" = \"../b\"", "sources.a/b"),
        ("[modules]\n\"a/b\" = \"1\"\n[sources]\n\"a/b\" = { git = \"x\" }", "sources.a/b"),
        ("[sources]\n\"a/b\" = { path = \"../b\" }", "sources.a/b"),
        ("[registries]\nlab = \"ftp://x\"", "registries.lab"),
        ("[modules]\n\"a/b\" = 2026-01-01", "deps.toml"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_deps_toml_is_named_and_nothing_changes(text: str, field: str) -> None:
    here = project()
    project_files.take_in(here, FILES, by=BY)
    with pytest.raises(Invalid) as refusal:
        project_files.take_in(here, {"deps.toml": text}, by=BY)
    assert field in refusal.value.fields
    assert meaning(project_files.give_out(here)) == meaning(FILES)


@pytest.mark.parametrize(
    ("name", "text", "says"),
    [
        ("xopt-nobody.toml", "[tunables]\na = 1", "no such module"),
        ("xopt-calculator.toml", "[tunable]\na = 1", "neither"),
        ("xopt-calculator.toml", "[tunables", "can't be read"),
        ("xopt-calculator.toml", "[tunables]\na = nan", "no text"),
    ],
)
def test_what_is_wrong_in_a_modules_file_is_named(name: str, text: str, says: str) -> None:
    with pytest.raises(Invalid, match=says):
        project_files.take_in(project(), {"deps.toml": DEPS, name: text}, by=BY)
    assert not TunableValue.objects.exists()


def test_modules_of_the_same_name_have_files_with_their_namespace() -> None:
    names = ["one/calc", "two/calc", "two/calc-x"]
    assert configuration.file_name("one/calc", names) == "xopt-one-calc.toml"
    assert configuration.file_name("two/calc-x", names) == "xopt-calc-x.toml"
    assert configuration.module_of("xopt-two-calc.toml", names) == "two/calc"
    with pytest.raises(Invalid, match="any of one/calc, two/calc"):
        configuration.module_of("xopt-calc.toml", names)
    assert configuration.module_of("xopt-calc-x.toml", names) == "two/calc-x"


def test_a_value_that_toml_does_not_know_is_an_error_not_a_loss(install: Install) -> None:
    version = install(more="tunables:\n  weights: {a: 1}\n")
    here = project()
    projects.set_deps(here, deps.Deps({"tests/small": "1.0.0"}), by=BY)
    tunables.set_value(tunables.find(Tunable, version.module, "weights"), {"a": None}, by=BY, project=here)
    with pytest.raises(Invalid, match="null"):
        project_files.give_out(here)


def test_who_may_say_where_packages_come_from(peter: User, olga: User, ada: User) -> None:
    mia = person("mia", "module developer")
    here = project()
    plain = deps.Deps({"a/b": "1.0"})
    with pytest.raises(NotAllowed):
        projects.set_deps(here, plain, by=actor(olga))
    projects.set_deps(here, plain, by=actor(peter))
    lab = deps.Deps({"a/b": "1.0"}, {}, {"lab": "https://modules.lab"})
    with pytest.raises(NotAllowed):
        projects.set_deps(here, lab, by=actor(peter))
    projects.set_deps(here, lab, by=actor(mia))
    for dangerous in (
        deps.Deps({"a/b": "1.0"}, {"a/b": "/etc"}, lab.registries),
        deps.Deps({"a/b": "1.0"}, {}, {"lab": "file:///etc"}),
        deps.Deps({"a/b": "1.0"}, {}, {"lab": "http://127.0.0.1:8000"}),
    ):
        with pytest.raises(NotAllowed):
            projects.set_deps(here, dangerous, by=actor(mia))
        projects.set_deps(here, dangerous, by=actor(ada))
        projects.set_deps(here, lab, by=actor(ada))


def test_a_deleted_project_leaves_its_runs_a_few_at_a_time(install: Install, monkeypatch: pytest.MonkeyPatch) -> None:
    version, here = install(), project()
    left: list[int] = []
    many = projects.RUNS_AT_ONCE + 1
    Run.objects.bulk_create(Run(version=version, project=here, requester="tests") for _ in range(many))
    monkeypatch.setattr(projects, "time", SimpleNamespace(sleep=lambda _: left.append(here.runs.count())))
    projects.delete(here, by=BY)
    assert left == [1, 0]
    assert Run.objects.filter(project=None).count() == many
    assert not Project.objects.exists()


def test_a_directory_is_one_project_however_often_its_files_are_read(tmp_path: Path) -> None:
    (tmp_path / ".xopt").mkdir()
    for name, text in FILES.items():
        (tmp_path / ".xopt" / name).write_text(text)
    first = project_files.of_directory(tmp_path, by=BY)
    assert project_files.of_directory(tmp_path, by=BY) == first
    assert Project.objects.get().directory == str(tmp_path.resolve())
    with pytest.raises(NotFound, match="xoptweb init"):
        project_files.of_directory(tmp_path / ".xopt", by=BY)


def test_a_lock_comes_back_as_it_was_written() -> None:
    rows = [lock.Locked("a/b", "1.0.0", "0" * 64, "https://modules.lab"), lock.Locked("c/d", "2.0", "1" * 64, "../d")]
    assert lock.parse(lock.written(rows)) == {row.name: row for row in rows}
    with pytest.raises(Invalid, match="delete it"):
        lock.parse('[[module]]\nname = "a/b"\nsurprise = 1')
