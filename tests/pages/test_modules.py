"""The list of modules, uploading, the page of one: its versions, running it, what it may use."""

from html import unescape
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from controls.models import Machine
from modules.models import Module, ModuleVersion, Run, Tunable
from modules.services import grants
from modules.services.tunables import find
from tests.pages.modules_world import BY, make_module, make_project, make_run, make_version, packaged
from tests.pages.world import log_in
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.live.services import publish
from xoptweb.work.models import Work

PAGE = "/modules/demo/reasoner/"


@pytest.fixture
def module(linac: Machine) -> Module:
    return make_module()


@pytest.fixture
def physicist(client: Client, peter: User) -> Client:
    return log_in(client, peter)


@pytest.fixture
def developer(linac: Machine) -> Client:
    return log_in(Client(), person("dora", "module developer"))


def text(client: Client, page: str) -> str:
    return unescape(client.get(page).content.decode())


def upload(client: Client, content: bytes, name: str = "x.xopt") -> Any:
    return client.post("/modules/upload/", {"file": SimpleUploadedFile(name, content), "idempotency_key": "one"})


# -- the list


def test_the_list_says_what_a_module_is_how_it_stands_and_how_its_runs_went(physicist: Client, module: Module) -> None:
    make_run(module)
    make_run(module, state=Run.State.FAILED, error="no")
    make_version(module, "0.9.0")
    row = text(physicist, "/modules/").partition(f'id="module-{module.pk}"')[2].partition("</tr>")[0]
    for expected in ("demo/reasoner", "Thinks in turns.", "1.0.0", "0.9.0", "installed", "landlock", ">2<", "1 failed"):
        assert expected in row


def test_the_isolation_in_force_and_what_it_means_stand_on_the_list(physicist: Client, linac: Machine) -> None:
    panel = text(physicist, "/modules/").partition('id="isolation"')[2].partition("</section>")[0]
    assert any(kind in panel for kind in ("landlock", "bubblewrap", "no isolation"))
    assert "A module" in panel or "The kernel" in panel or "Install only" in panel


def test_an_empty_list_says_what_to_do_next(physicist: Client, linac: Machine) -> None:
    page = text(physicist, "/modules/")
    assert "No module yet" in page
    assert "xoptweb package DIRECTORY" in page
    assert "No module matches" in text(physicist, "/modules/?search=nothing")


# -- uploading


def test_who_may_install_has_a_package_installed_at_once(developer: Client, tmp_path: Path) -> None:
    answer = upload(developer, packaged(tmp_path).read_bytes())
    assert (answer.status_code, answer["Location"]) == (302, "/modules/demo/echo/")
    version = ModuleVersion.objects.get(module__name="demo/echo")
    assert Work.objects.get(key=f"install:{version.pk}").arguments["by"] == "dora"
    assert "is being installed" in text(developer, "/modules/demo/echo/")


def test_who_may_only_run_modules_asks_for_the_installation(physicist: Client, linac: Machine, tmp_path: Path) -> None:
    answer = upload(physicist, packaged(tmp_path).read_bytes())
    assert answer["Location"] == "/modules/demo/echo/"
    approval = Approval.objects.get(kind="module_install")
    page = text(physicist, "/modules/demo/echo/")
    assert "Waits for a decision." in page
    assert f"/approvals/{approval.pk}/" in page
    assert not Work.objects.filter(key__startswith="install:").exists()


def test_a_package_that_is_none_is_refused_with_the_reason(developer: Client) -> None:
    answer = upload(developer, b"this is no archive", "thing.xopt")
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "Not taken: thing.xopt" in page
    assert not Module.objects.exists()


def test_without_a_file_the_page_says_what_is_needed(developer: Client) -> None:
    answer = developer.post("/modules/upload/", {})
    assert answer.status_code == 422
    assert "Choose a package" in answer.content.decode()


def test_an_observer_is_offered_no_upload_and_refused(client: Client, linac: Machine, vera: User) -> None:
    log_in(client, vera)
    assert 'id="upload"' not in text(client, "/modules/")
    assert upload(client, b"").status_code == 403


# -- running it


def run(client: Client, **fields: str) -> Any:
    return client.post(f"{PAGE}run/", {"form": "json", **fields})


def test_a_run_is_asked_for_with_json(physicist: Client, module: Module) -> None:
    answer = run(physicist, input='{"question": "why?"}', tunables='{"temperature": 0.5}')
    row = Run.objects.get()
    assert answer["Location"] == f"/runs/{row.pk}/"
    assert (row.input, row.overrides["tunables"]) == ({"question": "why?"}, {"temperature": 0.5})


def test_text_is_given_as_it_is(physicist: Client, module: Module) -> None:
    run(physicist, input='{"no": json', form="text")
    assert Run.objects.get().input == '{"no": json'


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"input": '{"question": }'}, "line 1, column 14"),
        ({"input": "why not"}, "Text needs quotation marks"),
        ({"input": "NaN"}, "JSON has no NaN"),
        ({"input": "[" * 100_000}, "nested too deeply"),
        ({"input": "1", "tunables": "[1]"}, "Write an object"),
        ({"input": "1", "configurables": "{"}, "line 1, column 2"),
        ({"input": "1", "tunables": '{"temperature": "hot"}'}, "It has to be a number."),
        ({"input": "1", "version": "7.7.7"}, "7.7.7 is not installed"),
        ({"input": "1", "project": "nowhere"}, "There is no project"),
    ],
)
def test_what_is_wrong_with_a_run_is_named_and_nothing_typed_is_lost(
    physicist: Client, module: Module, fields: dict[str, str], named: str
) -> None:
    answer = run(physicist, **fields)
    page = unescape(answer.content.decode())
    assert answer.status_code in (404, 422)
    assert named in page
    assert all(f">\n{value}</textarea>" in page for name, value in fields.items() if name not in ("version", "project"))
    assert not Run.objects.exists()


def test_the_page_says_what_a_module_does_and_needs(physicist: Client, module: Module) -> None:
    page = text(physicist, PAGE)
    for expected in ("Give it a question.", "numpy>=2", "3.11.9", "think", "landlock", "Nothing outside itself."):
        assert expected in page


def test_an_observer_may_look_but_neither_run_nor_install(client: Client, module: Module, vera: User) -> None:
    log_in(client, vera)
    page = text(client, PAGE)
    assert "Your role may not run modules" in page
    assert "Reinstall" not in page
    assert run(client, input="1").status_code == 403
    for verb in ("reinstall", "current", "uninstall"):
        assert client.post(f"{PAGE}versions/1.0.0/{verb}/").status_code == 403


# -- versions and the log


def test_the_log_shows_the_last_installation_line_by_line(physicist: Client, module: Module) -> None:
    publish(module.stream, "state", {"version": "0.9.0", "state": "building", "by": "ada"})
    publish(module.stream, "log", {"version": "0.9.0", "line": "long ago"})
    publish(module.stream, "state", {"version": "1.0.0", "state": "building", "by": "ada"})
    publish(module.stream, "log", {"version": "1.0.0", "line": "resolving \u202eeverything"})
    publish(module.stream, "state", {"version": "1.0.0", "state": "failed", "by": "ada", "error": "no numpy"})
    page = text(physicist, f"{PAGE}?part=log")
    assert "resolving \\u202eeverything" in page
    assert "no numpy" in page
    assert "long ago" not in page


def test_another_version_becomes_the_current_one(developer: Client, module: Module) -> None:
    make_version(module, "0.9.0")
    page = text(developer, PAGE)
    assert "Make 0.9.0 the current version?" in page
    assert developer.post(f"{PAGE}versions/0.9.0/current/").status_code == 302
    module.refresh_from_db()
    assert module.current is not None
    assert module.current.version == "0.9.0"


def test_reinstalling_is_enqueued(developer: Client, module: Module) -> None:
    assert developer.post(f"{PAGE}versions/1.0.0/reinstall/").status_code == 302
    assert Work.objects.filter(key__startswith="install:").count() == 1


def test_uninstalling_says_exactly_what_will_happen(developer: Client, module: Module) -> None:
    make_version(module, "0.9.0")
    make_run(module)
    page = text(developer, f"{PAGE}versions/1.0.0/uninstall/")
    for expected in ("its environment is deleted", "0.9.0", "its 1 run with traces", "can be installed again"):
        assert expected in page
    assert developer.post(f"{PAGE}versions/1.0.0/uninstall/").status_code == 302
    module.refresh_from_db()
    assert module.current is not None
    assert module.current.version == "0.9.0"


def test_uninstalling_what_a_run_needs_is_refused_with_that_run_named(developer: Client, module: Module) -> None:
    row = make_run(module, state=Run.State.RUNNING)
    said = f"demo/reasoner@1.0.0 is needed by run {row.pk}, which is running."
    assert said in text(developer, f"{PAGE}versions/1.0.0/uninstall/")
    answer = developer.post(f"{PAGE}versions/1.0.0/uninstall/")
    assert answer.status_code == 409
    assert said in unescape(answer.content.decode())
    assert ModuleVersion.objects.get().state == ModuleVersion.State.INSTALLED


# -- grants


def test_an_administrator_sets_the_grants(client: Client, module: Module, ada: User) -> None:
    log_in(client, ada)
    assert client.post(f"{PAGE}grants/", {"grants": "llm:*\nnetwork\n\n"}).status_code == 302
    assert grants.texts(module) == ["llm:*", "network"]
    assert "llm:*\nnetwork</textarea>" in text(client, f"{PAGE}grants/")


def test_a_developer_asks_for_grants(developer: Client, module: Module) -> None:
    answer = developer.post(f"{PAGE}grants/", {"grants": "network"})
    approval = Approval.objects.get(kind="module_grants")
    assert answer["Location"] == f"/approvals/{approval.pk}/"
    assert grants.texts(module) == []
    assert "What demo/reasoner may use" in text(developer, PAGE)


def test_what_is_no_grant_is_named_and_kept(client: Client, module: Module, ada: User) -> None:
    log_in(client, ada)
    answer = client.post(f"{PAGE}grants/", {"grants": "llm:*\nmoney"})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert "<b>money</b>: Write llm:MODEL" in page
    assert "llm:*\nmoney</textarea>" in page
    assert grants.texts(module) == []


def test_others_only_read_the_grants(physicist: Client, module: Module) -> None:
    grants.set_grants(module, ["tool:read_channels"], by=BY)
    page = text(physicist, f"{PAGE}grants/")
    assert "tool:read_channels" in page
    assert "<textarea" not in page
    assert physicist.post(f"{PAGE}grants/", {"grants": "network"}).status_code == 403


def test_tabs_show_values_for_the_module_and_for_its_projects(physicist: Client, module: Module) -> None:
    project = make_project(module)
    find_it = {"project": project.slug, "name": "temperature", "value": "1.5", "seen": "0"}
    assert physicist.post(f"{PAGE}tunables/value/set/", find_it).status_code == 302
    assert find(Tunable, module, "temperature").values.count() == 1
    assert "1.5" in text(physicist, f"{PAGE}tunables/?project={project.slug}")
    assert "1.5" not in text(physicist, f"{PAGE}tunables/")
    assert "default" in text(physicist, f"{PAGE}configurables/")
