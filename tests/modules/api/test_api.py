"""Modules, runs and projects over the API: everything the services do, by the same rules."""

import json
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from modules import package
from modules.execution import once
from modules.models import Run
from tests.modules.installed import Install, source
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.accounts.tokens import issue
from xoptweb.actors import Actor
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)

GREETING = """
more = client.tunable("greeting", "What stands before")
@m.step
def begin(given):
    return f"{more()} {given}"
"""
VALUES = 'tunables:\n  greeting: "Hello"\n'
DEPS = '[modules]\n"tests/small" = "1.0.0"\n'


class Program:
    """A program with a token."""

    def __init__(self, user: User, *scopes: str) -> None:
        _, secret = issue(user, "program", scopes, 1, Actor(user=user))
        self.client = Client(HTTP_AUTHORIZATION=f"Bearer {secret}")

    def get(self, path: str) -> tuple[int, Any]:
        response = self.client.get(f"/api/v1{path}")
        return response.status_code, response.json()

    def post(self, path: str, content: Any = None) -> tuple[int, Any]:
        response = self.client.post(f"/api/v1{path}", json.dumps(content or {}), "application/json")
        return response.status_code, response.json()

    def upload(self, archive: Path) -> tuple[int, Any]:
        file = SimpleUploadedFile(archive.name, archive.read_bytes())
        response = self.client.post("/api/v1/modules", {"file": file})
        return response.status_code, response.json()


@pytest.fixture
def mia(db: None) -> User:
    return person("mia", "module developer")


@pytest.fixture
def program(mia: User) -> Program:
    return Program(mia, "read", "modules")


def test_a_package_is_uploaded_and_installed_by_a_worker(program: Program, tmp_path: Path) -> None:
    status, answer = program.upload(package.write(source(tmp_path / "made"), tmp_path))
    assert (status, answer["module"], answer["state"], answer["approval"]) == (202, "tests/small", "uploaded", None)
    assert Work.objects.get().name == "modules.install"
    status, found = program.get("/modules/tests/small")
    assert (status, found["current"], found["versions"][0]["state"]) == (200, None, "uploaded")
    assert program.get("/modules")[1]["total"] == 0
    assert program.get("/modules?installed=false")[1]["items"][0]["name"] == "tests/small"


def test_whoever_may_not_install_gets_the_number_of_an_approval(peter: User, tmp_path: Path) -> None:
    status, answer = Program(peter, "modules").upload(package.write(source(tmp_path / "made"), tmp_path))
    assert status == 202
    assert answer["approval"]
    assert not Work.objects.exists()


def test_what_is_no_package_is_a_problem_with_the_field(program: Program, tmp_path: Path) -> None:
    (tmp_path / "x.xopt").write_bytes(b"nothing")
    status, problem = program.upload(tmp_path / "x.xopt")
    assert (status, problem["code"], list(problem["fields"])) == (422, "package", ["archive"])


def test_a_run_is_queued_followed_compared_and_exported(program: Program, install: Install) -> None:
    install(GREETING, more=VALUES)
    status, run = program.post("/runs", {"module": "tests/small", "input": "Ada", "tunables": {"greeting": "Hi"}})
    assert (status, run["state"], run["requested_by"]) == (201, "queued", "mia")
    once.attempt(run["id"])
    done = program.get(f"/runs/{run['id']}")[1]
    assert (done["state"], done["output"], done["effective"]["tunable_origins"]) == (
        "succeeded", "Hi Ada", {"greeting": "run"},
    )  # fmt: skip
    events = program.get(f"/runs/{run['id']}/events?limit=2")[1]
    assert [event["kind"] for event in events["events"]] == ["state", "state"]
    rest = program.get(f"/runs/{run['id']}/events?after=2")[1]["events"]
    assert rest[0]["n"] == 3
    assert rest[-1]["n"] == events["last"]
    assert program.get(f"/runs/{run['id']}/trace")[1]["module_name"] == "tests/small"
    other = program.post("/runs", {"module": "tests/small", "input": "Eve"})[1]
    once.attempt(other["id"])
    comparison = program.get(f"/runs/{run['id']}/compare/{other['id']}")[1]
    assert comparison["tunables"] == [{"name": "greeting", "left": "Hi", "right": "Hello", "same": False}]
    assert program.get("/runs?state=succeeded&module=tests/small")[1]["total"] == 2


def test_a_run_is_cancelled_once(program: Program, install: Install) -> None:
    install()
    run = program.post("/runs", {"module": "tests/small"})[1]
    assert program.post(f"/runs/{run['id']}/cancel")[1]["state"] == "cancelled"
    status, problem = program.post(f"/runs/{run['id']}/cancel")
    assert (status, problem["code"]) == (409, "wrong_state")


def test_a_tunable_is_set_seen_and_rolled_back(program: Program, install: Install) -> None:
    install(GREETING, more=VALUES)
    path = "/modules/tests/small/tunables"
    shown = program.get(path)[1][0]
    assert (shown["value"], shown["origin"], shown["number"], shown["kind"]) == ("Hello", "default", 0, "text")
    assert program.post(path, {"name": "greeting", "value": "Hi", "seen": 0})[1]["number"] == 1
    assert program.post(path, {"name": "greeting", "value": "Ho", "seen": 0})[0] == 409
    assert program.post(path, {"name": "greeting", "value": "Ho", "reason": "livelier"})[1]["number"] == 2
    assert program.get(path)[1][0]["value"] == "Ho"
    rolled = program.post(f"{path}/rollback", {"name": "greeting", "number": 1})[1]
    assert (rolled["value"], rolled["restores"], rolled["by"]) == ("Hi", 1, "mia")
    history = program.get(f"{path}/history?parameter=greeting")[1]
    assert [row["number"] for row in history["items"]] == [3, 2, 1]
    assert program.post(f"{path}/clear", {"name": "greeting"})[1]["cleared"]
    assert program.post(path, {"name": "greeting", "value": 3})[1]["fields"] == {"greeting": "It has to be text."}
    assert program.post(path, {"name": "nothing", "value": 3})[0] == 404


def test_a_project_is_made_from_files_and_synced(program: Program, install: Install) -> None:
    install(GREETING, more=VALUES)
    assert program.post("/projects", {"name": "My Tuning"})[1]["slug"] == "my-tuning"
    assert program.post("/projects", {"name": "My Tuning"})[0] == 409
    files = {"deps.toml": DEPS, "xopt-small.toml": '[tunables]\ngreeting = "Howdy"\n'}
    status, found = program.post("/projects/my-tuning/files", {"files": files})
    assert (status, found["modules"], found["sync"]) == (200, {"tests/small": "1.0.0"}, "never")
    assert program.get("/projects/my-tuning/files")[1] == files
    assert program.post("/projects/my-tuning/files", {"files": {}})[0] == 422
    assert program.post("/projects/my-tuning/sync")[0] == 202
    from modules import tasks

    tasks.sync(**Work.objects.get(name="modules.sync").arguments)
    found = program.get("/projects/my-tuning")[1]
    assert (found["sync"], found["lock"][0]["version"]) == ("synced", "1.0.0")
    run = program.post("/runs", {"module": "tests/small", "input": "Ada", "project": "my-tuning"})[1]
    once.attempt(run["id"])
    assert Run.objects.get(pk=run["id"]).output == "Howdy Ada"
    status, problem = program.post("/modules/tests/small/uninstall", {"version": "1.0.0"})
    assert (status, problem["code"]) == (409, "needed")


def test_grants_are_asked_for(program: Program, install: Install) -> None:
    install()
    status, answer = program.post("/modules/tests/small/grants", {"grants": ["network"]})
    assert (status, answer["grants"]) == (200, ["llm:*", "module:*"])
    assert answer["approval"]


READING = ["/modules", "/modules/tests/small", "/modules/tests/small/tunables", "/runs", "/runs/{run}",
           "/runs/{run}/events", "/runs/{run}/trace", "/projects", "/registries"]  # fmt: skip
CHANGING = {
    "/runs": {"module": "tests/small"},
    "/runs/{run}/cancel": {},
    "/modules/tests/small/uninstall": {"version": "1.0.0"},
    "/modules/tests/small/current": {"version": "1.0.0"},
    "/modules/tests/small/grants": {"grants": []},
    "/modules/tests/small/tunables": {"name": "greeting", "value": "x"},
    "/modules/tests/small/tunables/clear": {"name": "greeting"},
    "/modules/tests/small/tunables/rollback": {"name": "greeting", "number": 0},
    "/projects": {"name": "Mine"},
    "/registries": {"name": "lab", "url": "https://modules.lab"},
}


def test_without_a_login_there_is_nothing_and_scopes_are_walls(
    client: Client, mia: User, ada: User, install: Install
) -> None:
    install(GREETING, more=VALUES)
    run = Program(mia, "modules").post("/runs", {"module": "tests/small", "input": "Ada"})[1]["id"]
    reader, stopper = Program(ada, "read"), Program(ada, "stop")
    for path in READING:
        assert client.get(f"/api/v1{path.format(run=run)}").status_code == 401
        assert reader.get(path.format(run=run))[0] == 200
        assert stopper.get(path.format(run=run))[0] == 403
    for path, content in CHANGING.items():
        assert client.post(f"/api/v1{path.format(run=run)}").status_code == 401
        assert reader.post(path.format(run=run), content)[0] == 403, path
    assert Run.objects.get().state == "queued"


def test_bad_input_is_named(program: Program, install: Install) -> None:
    install(GREETING, more=VALUES)
    for content, status in (
        ({"module": "../..", "input": 1}, 422),
        ({"module": "tests/none", "input": 1}, 404),
        ({"module": "tests/small", "version": "9"}, 404),
        ({"module": "tests/small", "tunables": {"greeting": 1}}, 422),
        ({"module": "tests/small", "project": "none"}, 404),
        ({"input": 1}, 422),
    ):
        answer = program.post("/runs", content)
        assert answer[0] == status, answer
        assert answer[1]["detail"]
    assert program.get("/runs/99999")[0] == 404
    assert not Run.objects.exists()
