"""Conversations over the API: one's own, with the scope, once for each key, and with no more rights than the token."""

import json
from typing import Any

import pytest
from django.test import Client
from pydantic import BaseModel

from agents.loop.turn import run
from agents.models import Conversation, Message, Turn
from controls.models import Machine
from modules.execution.host import actor_of
from modules.models import Run
from tests.agents.profiles import Made, profile
from tests.api.test_api import Program
from tests.endpoint import Call, Said, endpoint
from tests.pages.modules_world import make_module
from tests.pages.world import log_in
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import require
from xoptweb.accounts.tokens import revoke
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import NotAllowed
from xoptweb.tools import registry
from xoptweb.work.models import Work

__all__ = ["profile"]

pytestmark = pytest.mark.django_db

LIST: Call = ("find_machines", {})
RUN: Call = ("run_module", {"name": "lab/report"})


class Nothing(BaseModel):
    """No arguments."""


@pytest.fixture
def program(linac: Machine, peter: User) -> Program:
    return Program(peter, ["assistant"])


def begun(program: Program, text: str = "which machines are there?") -> str:
    status, made = program.post("/conversations", {"text": text})
    assert status == 201, made
    return f"/conversations/{made['id']}"


def answered(program: Program, profile: Made, *answers: Any, text: str = "which machines are there?") -> str:
    with endpoint(*answers) as scripted:
        profile(scripted, attempts=1)
        own = begun(program, text)
        run(Turn.objects.latest("id").pk)
    return own


def test_a_question_is_asked_answered_and_read(program: Program, profile: Made) -> None:
    own = answered(program, profile, Said("I look.", (LIST,)), "There is one.", '{"unsupported": []}')
    _, told = program.get(own)
    assert told["title"] == "which machines are there?"
    assert (told["last_turn"]["state"], told["last_turn"]["verdict"]["claims"]) == ("done", [])
    _, said = program.get(f"{own}/messages")
    assert [row["role"] for row in said["items"]] == ["user", "assistant", "tool", "assistant"]
    assert said["items"][1]["calls"][0]["name"] == "find_machines"
    assert said["items"][2]["result"][0]["machine"] == "demo-linac"
    _, part = program.get(f"{own}/messages?after=2&limit=1")
    assert (part["total"], [row["number"] for row in part["items"]]) == (2, [3])
    assert program.get(f"{own}/turns")[1]["items"][0]["steps"] == 2


def test_it_is_asked_again_gone_on_with_and_cancelled(program: Program) -> None:
    own = begun(program)
    assert Work.objects.get(name="agents.turn").queue == "agents"
    status, problem = program.post(f"{own}/say", {"text": "and?"})
    assert (status, problem["code"]) == (409, "still_thinking")
    assert program.post(f"{own}/cancel")[1]["state"] == "cancelled"
    assert program.post(f"{own}/cancel")[0] == 409
    status, turn = program.post(f"{own}/continue")
    assert (status, turn["continues"]) == (201, True)
    program.post(f"{own}/cancel")
    assert program.post(f"{own}/say", {"text": "and?"})[0] == 201


def test_it_is_renamed_shared_listed_and_deleted(program: Program, peter: User) -> None:
    own = begun(program)
    program.post(f"{own}/rename", {"title": "Machines"})
    path = program.post(f"{own}/share")[1]["path"]
    assert program.get("/conversations?search=mach")[1]["items"][0]["shared"]
    assert log_in(Client(), peter).get(path).status_code == 200
    assert not program.post(f"{own}/unshare")[1]["shared"]
    assert program.client.delete(f"/api/v1{own}").json()["code"] == "still_thinking"
    program.post(f"{own}/cancel")
    assert program.client.delete(f"/api/v1{own}").status_code == 204
    assert not Conversation.objects.exists()
    assert set(Entry.objects.filter(action__startswith="conversation.").values_list("token", flat=True)) == {"program"}


def test_the_same_key_asks_once(program: Program) -> None:
    content = json.dumps({"text": "once?"})
    headers = {"Idempotency-Key": "k1"}
    first, again = (
        program.client.post("/api/v1/conversations", content, "application/json", headers=headers) for _ in range(2)
    )
    assert first.json()["id"] == again.json()["id"]
    assert (Conversation.objects.count(), Turn.objects.count()) == (1, 1)


def test_reading_takes_a_scope_that_may_see_and_all_else_the_assistants(program: Program, peter: User) -> None:
    own = begun(program)
    reader, stopper = Program(peter, ["read"]), Program(peter, ["stop"])
    for path in ("/conversations", own, f"{own}/messages", f"{own}/turns"):
        assert (reader.get(path)[0], stopper.get(path)[0]) == (200, 403)
    changes = {"say": {"text": "x"}, "continue": {}, "cancel": {}, "rename": {"title": "x"}, "share": {}, "unshare": {}}
    for verb, what in changes.items():
        status, problem = reader.post(f"{own}/{verb}", what)
        assert (status, problem["code"]) == (403, "scope_missing"), verb
    assert reader.post("/conversations", {"text": "x"})[0] == 403
    assert reader.client.delete(f"/api/v1{own}").status_code == 403
    assert Conversation.objects.count() == 1


def test_nobody_knows_of_those_of_others(program: Program, olga: User) -> None:
    own, other = begun(program), Program(olga, ["assistant"])
    assert other.get("/conversations")[1]["total"] == 0
    for path in (own, f"{own}/messages", f"{own}/turns"):
        assert other.get(path)[0] == 404
    for verb in ("say", "rename"):
        assert other.post(f"{own}/{verb}", {"text": "x", "title": "x"})[0] == 404
    for verb in ("continue", "cancel", "share", "unshare"):
        assert other.post(f"{own}/{verb}")[0] == 404
    assert other.client.delete(f"/api/v1{own}").status_code == 404


def test_the_model_that_answers_a_token_reaches_no_further_than_its_scopes(program: Program, profile: Made) -> None:
    answered(program, profile, Said("", (RUN,)), "I could not.", '{"unsupported": []}')
    result = Message.objects.get(role="tool")
    assert result.failed
    assert result.result is not None
    assert "no scope" in result.result["error"]
    assert Turn.objects.get().token == "program"


def test_what_it_begins_is_held_to_the_token_as_well(linac: Machine, peter: User, profile: Made) -> None:
    make_module("lab/report")
    program = Program(peter, ["assistant", "modules"])
    answered(program, profile, Said("", (RUN,)), "It runs.", '{"unsupported": []}')
    asked = Run.objects.get()
    assert (asked.token, asked.via) == (ApiToken.objects.get(), "api")
    with pytest.raises(NotAllowed, match="no scope"):
        require(actor_of(asked), "run_campaigns")


def test_a_token_that_was_revoked_meanwhile_is_answered_nothing(program: Program, peter: User, profile: Made) -> None:
    begun(program)
    revoke(ApiToken.objects.get(), Actor(user=peter))
    with endpoint() as scripted:
        profile(scripted)
        run(Turn.objects.get().pk)
        assert scripted.asked == []
    turn = Turn.objects.get()
    assert (turn.state, turn.code) == ("failed", "token_revoked")


def test_revoking_a_token_ends_what_is_being_thought_and_run_for_it(
    program: Program, peter: User, profile: Made, monkeypatch: pytest.MonkeyPatch
) -> None:
    token = ApiToken.objects.get()
    registry.specs()  # loads those of the apps, which are set aside
    monkeypatch.setattr(registry, "_tools", {})

    @registry.tool("revoke_it", "While it is thinking.", "view_machine")
    def revoke_it(arguments: Nothing, *, by: Actor) -> str:
        revoke(token, Actor(user=peter))
        return "done"

    answered(program, profile, Said("", (("revoke_it", {}),)), "More.")
    assert Turn.objects.get().code == "token_revoked"
    assert not Message.objects.filter(text="More.").exists()


@pytest.mark.parametrize("content", [{"text": "x" * 20_001}, {"text": " "}, {"text": 7}, {"text": "x", "profile": []}])
def test_what_cannot_be_asked_begins_nothing(program: Program, content: dict[str, Any]) -> None:
    status, problem = program.post("/conversations", content)
    assert (status, problem["code"]) == (422, "invalid")
    assert (Conversation.objects.count(), Turn.objects.count()) == (0, 0)
