"""Skills over the API: written, checked, asked to be promoted, made the tool, removed; no token promotes one."""

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from modules import tasks
from modules.models import Skill, SkillVersion
from modules.sandbox.availability import no_sandbox
from modules.services import promoting, skills
from modules.skills import offering
from tests.modules.api.test_api import Program
from tests.modules.installed import actor
from tests.modules.skills.writing import EXAMPLES, SOURCE, approve, install_what_is_due, promoted, wrote
from tests.pages.modules_world import make_skill
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.audit.models import Entry
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)

needs_sandbox = pytest.mark.skipif(bool(no_sandbox()), reason=no_sandbox())
TOOL = "skill_beam_area"
DRAFT = {"name": "beam_area", "description": "Area of a beam", "source": SOURCE, "examples": EXAMPLES}
FAULTY = DRAFT | {"source": "def beam_area(:"}
TEXT = "/skills/beam_area/versions/1"


@pytest.fixture
def program(peter: User) -> Program:
    return Program(peter, "modules")


@pytest.fixture
def installer(ada: User) -> Program:
    return Program(ada, "modules")


def check_what_is_due() -> None:
    work = Work.objects.get(name=skills.TASK, state="due")
    tasks.check_skill(**work.arguments)
    work.delete()


@needs_sandbox
def test_a_text_is_written_checked_by_a_worker_promoted_by_people_and_removed(
    program: Program, installer: Program, ada: User
) -> None:
    status, draft = program.post("/skills", DRAFT | {"seen": ""})
    assert (status, draft["number"], draft["state"], draft["by"]) == (201, 1, "checking", "peter")
    check_what_is_due()
    found = program.get(TEXT)[1]
    assert (found["state"], [check["passed"] for check in found["checks"]]) == ("checked", [True] * 5)
    assert (found["source"].strip(), found["current"]) == (SOURCE.strip(), False)
    status, asked = program.post(f"{TEXT}/promote", {"digest": found["digest"]})
    assert (status, asked) == (202, {"approval": Approval.objects.get().pk, "state": "waiting"})
    assert program.post(f"{TEXT}/promote", {"digest": found["digest"]})[1]["code"] == "wrong_state"
    assert program.post(f"{TEXT}/check")[1]["code"] == "superseded"
    assert installer.post("/skills/beam_area/remove")[1]["code"] == "waiting"
    assert offering.find(TOOL) is None
    approve(Approval.objects.get(), ada)
    install_what_is_due()
    assert offering.find(TOOL) is not None
    one = program.get("/skills/beam_area")[1]
    assert (one["current"], one["tool"], one["module"], one["versions"][0]["current"]) == (
        1, TOOL, "skills/beam_area", True,
    )  # fmt: skip
    assert installer.post("/skills/beam_area/remove") == (200, {"removed": "beam_area", "installed": ""})
    assert offering.find(TOOL) is None
    assert program.get("/skills/beam_area")[1]["current"] is None
    assert Entry.objects.get(action="skill.removed").token == "program"


def test_what_can_be_read_of_a_text_is_told_at_once_and_it_is_mended_in_place(program: Program) -> None:
    status, draft = program.post("/skills", FAULTY)
    assert (status, draft["state"], draft["checks"][0]["passed"]) == (201, "faulty", False)
    assert program.post(f"{TEXT}/promote", {"digest": draft["digest"]})[1]["code"] == "wrong_state"
    assert program.post(f"{TEXT}/check")[1]["state"] == "faulty"
    status, mended = program.post("/skills", DRAFT | {"seen": draft["digest"]})
    assert (status, mended["number"], mended["state"]) == (201, 1, "checking")
    assert Work.objects.get(name=skills.TASK).arguments["digest"] == mended["digest"]


def test_nothing_of_others_is_passed_over(program: Program) -> None:
    first = program.post("/skills", DRAFT)[1]
    other = Program(person("paula", "physicist"), "modules")
    assert other.post("/skills", DRAFT | {"seen": "", "description": "Mine"})[1]["code"] == "superseded"
    status, second = other.post("/skills", DRAFT | {"seen": first["digest"], "description": "Mine"})
    assert (status, second["number"]) == (201, 2)
    assert program.post("/skills", FAULTY | {"seen": first["digest"]})[1]["code"] == "superseded"
    assert program.post("/skills/beam_area/versions/2/promote", {"digest": first["digest"]})[1]["code"] == "superseded"
    assert [row["description"] for row in program.get("/skills/beam_area")[1]["versions"]] == ["Mine", "Area of a beam"]


@needs_sandbox
def test_an_approved_version_is_made_the_tool_again(
    program: Program, installer: Program, peter: User, ada: User
) -> None:
    promoted(peter, ada)
    promoted(peter, ada, SOURCE.replace("math.pi", "3.1415926535897931"))
    assert program.get("/skills/beam_area")[1]["current"] == 2
    status, one = installer.post(f"{TEXT}/current")
    assert (status, one["current"]) == (200, 1)
    wrote(peter, description="Not approved")
    status, problem = installer.post("/skills/beam_area/versions/3/current")
    assert (status, problem["code"]) == (409, "not_installed")


def test_they_are_listed_and_found_by_words(program: Program) -> None:
    make_skill()
    program.post("/skills", FAULTY | {"name": "emittance", "description": "Of a Gaussian beam"})
    items = program.get("/skills")[1]["items"]
    assert [(row["name"], row["last"], row["state"], row["current"]) for row in items] == [
        ("beam_area", 1, "promoted", 1),
        ("emittance", 1, "faulty", None),
    ]
    assert [row["name"] for row in program.get("/skills?search=gaussian")[1]["items"]] == ["emittance"]
    assert program.get("/skills?limit=1&offset=1")[1]["total"] == 2


def test_a_list_takes_as_many_queries_however_long_it_is(program: Program) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert program.get("/skills")[0] == 200
        return len(seen)

    make_skill()
    queries()
    few = queries()
    for number in range(4):
        make_skill(f"beam_{number}")
    assert queries() == few


READING = ["/skills", "/skills/beam_area", TEXT]
CHANGING: dict[str, dict[str, Any]] = {
    "/skills": DRAFT,
    f"{TEXT}/check": {},
    f"{TEXT}/promote": {"digest": ""},
    f"{TEXT}/current": {},
    "/skills/beam_area/remove": {},
}


def test_without_a_login_there_is_nothing_and_scopes_and_permissions_are_walls(
    client: Client, ada: User, olga: User, peter: User
) -> None:
    make_skill()
    before = SkillVersion.objects.values().get()
    reader, stopper, talker = Program(ada, "read"), Program(ada, "stop"), Program(ada, "assistant", "code")
    operator, physicist = Program(olga, "modules"), Program(peter, "modules")
    for path in READING:
        assert client.get(f"/api/v1{path}").status_code == 401
        assert (reader.get(path)[0], operator.get(path)[0], stopper.get(path)[0]) == (200, 200, 403)
    for path, content in CHANGING.items():
        assert client.post(f"/api/v1{path}").status_code == 401
        for program in (reader, stopper, talker, operator):
            assert program.post(path, content)[0] == 403, path
    for path in (f"{TEXT}/current", "/skills/beam_area/remove"):
        assert physicist.post(path)[0] == 403, path
    assert SkillVersion.objects.values().get() == before
    assert Skill.objects.get().removed_at is None


@needs_sandbox
def test_no_token_decides(installer: Program, peter: User) -> None:
    approval = promoting.ask(wrote(peter), by=actor(peter))
    status, _ = installer.post(f"/approvals/{approval.pk}/decide", {"verdict": "approve", "digest": approval.digest})
    assert status == 403
    assert Approval.objects.get().state == "pending"


WRONG: list[tuple[dict[str, Any], str]] = [
    ({"name": "../../x"}, "name"),
    ({"name": "x" * 41}, "name"),
    ({"name": "class"}, "name"),
    ({"name": 7}, "name"),
    ({"source": ""}, "source"),
    ({"source": "x" * 20_001}, "source"),
    ({"description": " "}, "description"),
    ({"examples": EXAMPLES * 21}, "examples"),
    ({"examples": [{"arguments": [1], "result": 1}]}, "examples.0.arguments"),
    ({"examples": [{"arguments": {}}]}, "examples.0.result"),
    ({"dependencies": ["-e ."]}, "dependencies"),
    ({"dependencies": ["https://evil.example/x.whl"]}, "dependencies"),
    ({"grants": ["everything"]}, "grants"),
    ({"seen": 7}, "seen"),
]


@pytest.mark.parametrize(("changed", "field"), WRONG, ids=[f"{field}-{n}" for n, (_, field) in enumerate(WRONG)])
def test_wrong_values_are_named_and_store_nothing(program: Program, changed: dict[str, Any], field: str) -> None:
    status, problem = program.post("/skills", DRAFT | changed)
    assert (status, field in problem["fields"]) == (422, True), problem
    assert not Skill.objects.exists()


def test_what_is_not_there_is_not_found(program: Program, installer: Program) -> None:
    make_skill()
    for path in ("/skills/none", "/skills/none/versions/1", "/skills/beam_area/versions/2", "/skills/%00"):
        assert program.get(path)[0] == 404, path
    assert program.get(f"/skills/beam_area/versions/{10**30}")[0] == 404
    for path in ("/skills/none/versions/1/check", "/skills/beam_area/versions/2/check"):
        assert program.post(path)[0] == 404
    assert program.post("/skills/none/versions/1/promote", {"digest": "x"})[0] == 404
    assert installer.post("/skills/none/versions/1/current")[0] == 404
    assert installer.post("/skills/none/remove")[0] == 404
    assert program.get("/skills/beam_area/versions/one")[0] == 422
