"""Projects: what they depend on, how they are locked, their values, their files in and out, syncing them."""

from html import unescape
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from controls.models import Machine
from modules.models import Module, Project, ProjectLock
from modules.services import project_files
from tests.pages.modules_world import BY, make_module, make_project
from tests.pages.world import log_in
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.live.services import publish
from xoptweb.work.models import Work

DEPS = '[modules]\n"demo/reasoner" = ">=1"\n"demo/unknown" = "2.0.0"\n'
VALUES = "[tunables]\ntemperature = 1.5\n"


@pytest.fixture
def module(linac: Machine) -> Module:
    return make_module()


@pytest.fixture
def project(module: Module) -> Project:
    return make_project(module)


@pytest.fixture
def physicist(client: Client, peter: User) -> Client:
    return log_in(client, peter)


def text(client: Client, page: str = "/projects/night-shift/") -> str:
    return unescape(client.get(page).content.decode())


def take_in(client: Client, **files: str) -> Any:
    given = [SimpleUploadedFile(name.replace("__", "."), content.encode()) for name, content in files.items()]
    return client.post("/projects/night-shift/files/", {"files": given})


def test_a_project_is_made_and_an_empty_list_says_what_one_is(physicist: Client, linac: Machine) -> None:
    assert "No project yet" in text(physicist, "/projects/")
    answer = physicist.post("/projects/", {"name": "Night shift", "description": "when nobody looks"})
    assert answer["Location"] == "/projects/night-shift/"
    assert "Depends on nothing yet" in text(physicist)
    again = physicist.post("/projects/", {"name": "Night Shift", "description": "kept"})
    assert again.status_code == 409
    assert "kept</textarea>" in again.content.decode()


def test_a_page_says_what_it_depends_on_and_what_is_locked(physicist: Client, project: Project, module: Module) -> None:
    assert "not locked" in text(physicist)
    assert module.current is not None
    lock = ProjectLock.objects.create(
        project=project, version=module.current, digest=module.current.digest, source="installed"
    )
    assert '<span class="dot"></span>locked' in text(physicist)
    ProjectLock.objects.filter(pk=lock.pk).update(digest="other")
    assert "other content" in text(physicist)


@pytest.mark.parametrize(
    ("name", "requirement", "named"),
    [("nonsense", "", "is not a module name"), ("demo/other", "newest please", "neither a version nor a specifier")],
)
def test_a_wrong_dependency_is_named_and_kept(
    physicist: Client, project: Project, name: str, requirement: str, named: str
) -> None:
    answer = physicist.post("/projects/night-shift/dependencies/", {"name": name, "requirement": requirement})
    page = unescape(answer.content.decode())
    assert answer.status_code == 422
    assert named in page
    assert f'value="{name}"' in page
    assert project.dependencies.count() == 1


def test_dependencies_come_and_go(physicist: Client, project: Project) -> None:
    physicist.post("/projects/night-shift/dependencies/", {"name": "demo/other", "requirement": ">=2"})
    assert project.dependencies.count() == 2
    physicist.post("/projects/night-shift/dependencies/drop/", {"name": "demo/other"})
    assert project.dependencies.count() == 1


def test_files_go_in_and_come_out_unchanged_in_meaning(physicist: Client, project: Project) -> None:
    answer = take_in(physicist, deps__toml=DEPS, **{"xopt-reasoner__toml": VALUES})
    assert answer.status_code == 302
    page = text(physicist)
    assert "demo/unknown" in page
    assert "1.5" in page.partition("Values of its own")[2]
    out = {
        name: physicist.get(f"/projects/night-shift/files/{name}").content.decode()
        for name in ("deps.toml", "xopt-reasoner.toml")
    }
    before = project_files.give_out(project)
    assert not project_files.take_in(project, out, by=BY)
    assert project_files.give_out(project) == before


@pytest.mark.parametrize(
    ("files", "named"),
    [
        ({"xopt-reasoner__toml": VALUES}, "deps.toml is missing."),
        ({"deps__toml": "[modules"}, "deps.toml"),
        ({"deps__toml": DEPS, "xopt-reasoner__toml": '[tunables]\ntemperature = "hot"\n'}, "It has to be a number."),
        ({"deps__toml": DEPS, "xopt-stranger__toml": VALUES}, "the project has no such module"),
    ],
)
def test_a_wrong_file_is_named_and_changes_nothing(
    physicist: Client, project: Project, files: dict[str, str], named: str
) -> None:
    before = project_files.give_out(project)
    answer = take_in(physicist, **files)
    assert answer.status_code == 422
    assert named in unescape(answer.content.decode())
    assert project_files.give_out(project) == before


def test_a_file_that_is_no_text_is_refused(physicist: Client, project: Project) -> None:
    given = SimpleUploadedFile("deps.toml", b"\xff\xfe")
    answer = physicist.post("/projects/night-shift/files/", {"files": [given]})
    assert answer.status_code == 422
    assert "no UTF-8 text" in answer.content.decode()


def test_new_registries_need_more_than_running_modules(physicist: Client, project: Project) -> None:
    answer = take_in(physicist, deps__toml=DEPS + '[registries]\nlab = "https://modules.lab/x"\n')
    assert answer.status_code == 403
    assert not project.registries.exists()


def test_syncing_is_for_those_who_install_and_its_log_is_shown(physicist: Client, project: Project) -> None:
    assert physicist.post("/projects/night-shift/sync/").status_code == 403
    developer = log_in(Client(), person("dora", "module developer"))
    assert developer.post("/projects/night-shift/sync/", {"upgrade": "1"}).status_code == 302
    assert Work.objects.get(key=f"sync:{project.pk}").arguments["upgrade"] is True
    publish(project.stream, "sync", {"state": "running", "by": "dora"})
    publish(project.stream, "log", {"line": "fetching demo/reasoner@1.0.0 from lab"})
    log = text(developer, "/projects/night-shift/?part=log")
    assert "fetching demo/reasoner@1.0.0 from lab" in log
    assert "syncing…" in log
    Project.objects.update(sync=Project.Sync.FAILED, sync_error="This can't be had: demo/unknown: nobody has it")
    assert "demo/unknown: nobody has it" in text(developer, "/projects/night-shift/?part=head")


def test_deleting_says_what_goes_and_what_stays(physicist: Client, project: Project) -> None:
    assert physicist.get("/projects/night-shift/delete/").status_code == 403
    developer = log_in(Client(), person("dora", "module developer"))
    page = text(developer, "/projects/night-shift/delete/")
    for expected in ("1 module", "deleted, with its lock", "stay, without a project"):
        assert expected in page
    assert developer.post("/projects/night-shift/delete/")["Location"] == "/projects/"
    assert not Project.objects.exists()
