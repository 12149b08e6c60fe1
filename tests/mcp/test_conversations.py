"""The conversation of an agent outside: one for each token, with its plan, its files and what Python makes."""

import asyncio
import threading
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from mcp.client import Client as Session

from agents.models import Artifact, Conversation, PlanNote, WorkspaceFile
from agents.services import conversations, plans, workspaces
from controls.models import Machine
from modules.runner import isolation
from modules.sandbox.availability import no_sandbox
from tests.mcp.conftest import Outside, token
from tests.modules.sandbox.sleeping import PART, sleeping
from tests.pages.world import execute, log_in, make_campaign
from tests.processes import wait_until
from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor
from xoptweb.tools import outside, registry
from xoptweb.tools.models import ToolCall

pytestmark = pytest.mark.django_db(transaction=True)

needs_sandbox = pytest.mark.skipif(bool(no_sandbox()), reason=no_sandbox())
TABLE = "width,height\n1,2\n3,4\n"
PLOT = "import matplotlib.pyplot as plt\nplt.plot([1, 2]); plt.title('Beam size'); None"
LONG = f"86395.{PART}"
FOR_EVER = f"import subprocess; subprocess.run(['sleep', '{LONG}'])"


def done(agent: Outside, name: str, /, **arguments: Any) -> Any:
    """The result of a call that does not fail."""
    result, failed = agent.call(name, **arguments)
    assert not failed, result
    return result


@pytest.fixture
def agent(address: str, linac: Machine, olga: User) -> Outside:
    return Outside(address, token(olga))


@pytest.fixture
def coder(address: str, linac: Machine, olga: User) -> Outside:
    return Outside(address, token(olga, "assistant", "code"))


def test_its_plan_notes_files_and_tables_are_those_of_one_conversation(agent: Outside, olga: User) -> None:
    done(agent, "write_plan", goal="a smaller beam", tasks=["look", "think"])
    done(agent, "set_task", task=1, state="done")
    done(agent, "note", text="Q3 looks odd")
    done(agent, "write_file", path="sizes.csv", text=TABLE)
    assert done(agent, "look_at_data", path="sizes.csv", view="shape") == {"rows": 2, "columns": 2}
    assert done(agent, "read_file", path="sizes.csv")["text"] == TABLE
    assert [task["state"] for task in done(agent, "read_plan")["tasks"]] == ["done", "to_do"]
    here = Conversation.objects.get()
    assert (here.owner, here.title) == (olga, "MCP: an agent")
    assert (WorkspaceFile.objects.get().conversation, PlanNote.objects.get().plan.conversation) == (here, here)
    assert ToolCall.objects.filter(user=olga, token="an agent", failed=False).count() == 7


def test_what_reads_channels_begins_no_conversation_nor_does_what_it_may_not_use(agent: Outside) -> None:
    agent.call("find_machines")
    assert agent.call("python", code="1")[0]["code"] == "not_allowed"
    assert agent.call("shell", command="true")[0]["code"] == "not_allowed"
    assert not Conversation.objects.exists()


def test_evaluations_become_a_table_there(agent: Outside, olga: User) -> None:
    campaign = make_campaign(olga)
    execute(campaign, 3)
    done(agent, "save_evaluations", campaign=campaign.pk)
    assert done(agent, "look_at_data", path="evaluations.csv", view="shape")["rows"] == 3


def test_each_token_has_its_own_and_reaches_no_other(address: str, agent: Outside, olga: User, peter: User) -> None:
    own = conversations.begin(by=Actor(user=olga))
    workspaces.write(own, "secret.txt", b"x", by=Actor(user=olga))
    plans.note(own, "between us", by=Actor(user=olga))
    done(agent, "write_file", path="a.txt", text="mine")
    second = Outside(address, tokens.issue(olga, "another", ["assistant"], 1, Actor(user=olga))[1])
    stranger = Outside(address, token(peter))
    for other in (second, stranger):
        assert done(other, "list_files") == []
        assert done(other, "read_plan") == {"plan": None}
        for path in ("a.txt", "secret.txt"):
            assert other.call("read_file", path=path)[0]["code"] == "no_such_file"
    assert [row["path"] for row in done(agent, "list_files")] == ["a.txt"]
    theirs = Conversation.objects.exclude(outside=None).order_by("pk")
    assert [(row.owner, row.title) for row in theirs] == [
        (olga, "MCP: an agent"),
        (olga, "MCP: another"),
        (peter, "MCP: an agent"),
    ]


def test_its_owner_sees_it_reads_it_and_deletes_it_and_the_next_call_begins_another(
    agent: Outside, olga: User, peter: User
) -> None:
    done(agent, "write_file", path="a.txt", text="x")
    here = Conversation.objects.get()
    olgas, peters = log_in(Client(), olga), log_in(Client(), peter)
    listed = olgas.get("/assistant/").content.decode()
    assert "MCP: an agent" in listed
    assert "agent outside" in listed
    page = olgas.get(f"/assistant/{here.pk}/").content.decode()
    assert "a.txt" in page
    assert f"/artifacts/?source=conversation:{here.pk}" in page
    assert peters.get(f"/assistant/{here.pk}/").status_code == 404
    assert "MCP" not in peters.get("/assistant/").content.decode()
    conversations.remove(here, by=Actor(user=olga))
    assert done(agent, "list_files") == []
    assert Conversation.objects.get().pk != here.pk


def test_a_token_that_was_given_to_somebody_else_leaves_what_was_there(agent: Outside, olga: User, peter: User) -> None:
    done(agent, "write_file", path="a.txt", text="olga's")
    ApiToken.objects.update(user=peter)
    assert done(agent, "list_files") == []
    assert {row.owner for row in Conversation.objects.all()} == {olga, peter}


def test_calls_that_come_at_once_begin_one_conversation(agent: Outside) -> None:
    async def together(session: Session) -> None:
        await asyncio.gather(*(session.call_tool("note", {"text": f"note {number}"}) for number in range(6)))

    agent.within(together)
    assert Conversation.objects.count() == 1
    assert PlanNote.objects.count() == 6


@needs_sandbox
def test_python_keeps_variables_reads_its_files_and_its_figures_are_artifacts_of_the_conversation(
    coder: Outside, olga: User
) -> None:
    done(coder, "write_file", path="sizes.csv", text=TABLE)
    first = done(coder, "python", code="rows = open('sizes.csv').read().split()\nlen(rows)")
    assert first["value"] == "3"
    assert "new interpreter" in first["note"]
    assert done(coder, "python", code="len(rows) * 2") == {"printed": "", "value": "6"}
    (image,) = done(coder, "python", code=PLOT)["images"]
    here, row = Conversation.objects.get(), Artifact.objects.get()
    assert (row.pk, row.conversation, row.owner, row.title) == (image["artifact"], here, olga, "Beam size")
    program = Client(HTTP_AUTHORIZATION=f"Bearer {coder.secret}")
    got = program.get(f"/api/v1/artifacts/{row.pk}/content")
    assert got.content.startswith(b"\x89PNG")
    gallery = log_in(Client(), olga).get(f"/artifacts/?source=conversation:{here.pk}").content.decode()
    assert "Beam size" in gallery


@needs_sandbox
def test_calls_of_python_that_come_at_once_use_one_interpreter_in_turn(coder: Outside) -> None:
    async def together(session: Session) -> None:
        code = "total = globals().get('total', 0) + 1"
        await asyncio.gather(*(session.call_tool("python", {"code": code}) for _ in range(4)))

    coder.within(together)
    assert done(coder, "python", code="total")["value"] == "4"


@needs_sandbox
def test_a_result_is_bounded(coder: Outside) -> None:
    done(coder, "write_file", path="long.txt", text="x" * 30_000)
    assert len(done(coder, "read_file", path="long.txt")["text"]) == 8000
    assert "left out" in done(coder, "python", code="print('x' * 100_000)")["printed"]
    assert len(str(done(coder, "python", code="'x' * 100_000"))) < registry.LARGEST_RESULT


@needs_sandbox
def test_revoking_the_token_ends_the_code_that_runs(coder: Outside, olga: User) -> None:
    """A sleep of a day: had it not been ended, this test would not."""

    def revoke() -> None:
        wait_until(lambda: sleeping(LONG), what="the code")
        tokens.revoke(ApiToken.objects.get(), Actor(user=olga))
        connection.close()

    async def called(session: Session) -> str:
        await session.list_tools()  # this client looks at it again for a result, for which it would be too late
        return str((await session.call_tool("python", {"code": FOR_EVER})).content)

    other = threading.Thread(target=revoke)
    other.start()
    said = coder.within(called)
    other.join()
    assert "cancelled" in said
    wait_until(lambda: not sleeping(LONG), what="its end")


@needs_sandbox
def test_an_agent_that_hangs_up_ends_the_code_that_runs(coder: Outside) -> None:
    async def hang_up() -> None:
        async with coder.session() as session:
            call = asyncio.create_task(session.call_tool("python", {"code": FOR_EVER}))
            await asyncio.to_thread(wait_until, lambda: sleeping(LONG), what="the code")
            call.cancel()

    asyncio.run(hang_up())
    wait_until(ToolCall.objects.exists, 90, what="the record of its end")
    assert "cancelled" in str(ToolCall.objects.get().result)
    assert not sleeping(LONG)


def test_what_is_switched_off_is_not_offered_and_says_why(coder: Outside) -> None:
    assert "shell" not in coder.tools()
    result, failed = coder.call("shell", command="true")
    assert (failed, result["code"]) == (True, "no_such_tool_now")
    assert "XOPTWEB_AGENT_SHELL" in result["error"] or "no sandbox" in result["error"]

    async def told(session: Session) -> str:
        return session.instructions or ""

    said = coder.within(told)
    assert f"Not there now: shell. {result['error']}" in said
    assert not Conversation.objects.exists()


def test_where_there_is_no_sandbox_python_is_absent_with_the_reason(
    linac: Machine, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = tokens.issue(olga, "an agent", ["assistant", "code"], 1, Actor(user=olga))[0]
    by = Actor(user=olga, via="api", token=row)
    monkeypatch.setattr(isolation, "bubblewrap", lambda: None)
    monkeypatch.setattr(isolation, "landlock_version", lambda: 3)
    assert not {"python", "shell"} & {spec.name for spec in outside.offered(by)}
    assert "no sandbox" in outside.missing(by)["python"]
    outcome = outside.call("python", {"code": "1"}, by)
    assert (outcome.failed, outcome.result["code"]) == (True, "no_such_tool_now")
    assert "no sandbox" in outcome.result["error"]
    assert not Conversation.objects.exists()
