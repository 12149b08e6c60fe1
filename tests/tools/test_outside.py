"""The record of calls from outside: bounded, and forgotten in time."""

import json
from datetime import timedelta
from typing import Annotated

import pytest
from django.utils import timezone
from pydantic import BaseModel, Field

from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import Invalid, NotAllowed, NotFound
from xoptweb.tools import outside, refusals, registry
from xoptweb.tools.models import ToolCall

pytestmark = pytest.mark.django_db


class Text(BaseModel):
    text: str


class Names(BaseModel):
    names: list[str]


class Short(BaseModel):
    names: list[Annotated[str, Field(max_length=60)]]


@pytest.fixture(autouse=True)
def only_these(monkeypatch: pytest.MonkeyPatch) -> None:
    registry.specs()  # loads those of the apps, which are set aside
    monkeypatch.setattr(registry, "_tools", {})

    @registry.tool("repeat", "Say it again.", "view_machine")
    def repeat(arguments: Text, *, by: Actor) -> str:
        return arguments.text

    @registry.tool("break", "Break.", "view_machine")
    def breaks(arguments: Text, *, by: Actor) -> str:
        return str(1 / 0)

    @registry.tool("miss", "Find none.", "view_machine")
    def misses(arguments: Names, *, by: Actor) -> str:
        raise NotFound(f"There is no {', '.join(arguments.names)}.")

    @registry.tool("blame", "Find a fault with each.", "view_machine")
    def blames(arguments: Names, *, by: Actor) -> str:
        raise Invalid("These are wrong.", fields={name: f"{name} is wrong" for name in arguments.names})

    @registry.tool("list", "Take short ones.", "view_machine")
    def lists(arguments: Short, *, by: Actor) -> str:
        return ""


def agent(user: User, *scopes: str) -> Actor:
    return Actor(user=user, via="api", token=ApiToken(user=user, name="an agent", scopes=scopes or ["assistant"]))


def test_a_result_and_a_record_that_are_too_large_are_cut_and_say_so(olga: User) -> None:
    outcome = outside.call("repeat", {"text": "x" * 300_000}, agent(olga))
    row = ToolCall.objects.get()
    assert outcome.result["truncated"]
    assert row.result == outcome.result
    assert row.arguments is not None
    assert len(row.arguments["beginning"]) == outside.LARGEST_KEPT


def test_a_tool_that_breaks_is_a_failure_that_tells_nothing_of_its_inside(
    olga: User, caplog: pytest.LogCaptureFixture
) -> None:
    outcome = outside.call("break", {"text": ""}, agent(olga))
    assert (outcome.failed, outcome.result["code"]) == (True, "broken")
    assert "division" not in outcome.result["error"]
    assert "division" in caplog.text


@pytest.mark.parametrize("tool", ["miss", "blame", "list"])
def test_what_went_wrong_is_not_longer_than_anybody_reads(olga: User, tool: str) -> None:
    names = [f"{number}{'x' * 10_000}" for number in range(50)]
    outcome = outside.call(tool, {"names": names}, agent(olga))
    assert outcome.failed
    assert len(json.dumps(outcome.result)) < 10_000
    assert outcome.result["error"]
    if tool != "miss":
        assert outcome.result["fields"][refusals.MORE] == f"and {50 - refusals.MOST_FIELDS} more"


def test_odd_names_and_arguments_are_kept_as_they_can_be(olga: User) -> None:
    outcome = outside.call("odd\x00" * 50, {"a\x00": "\ud800"}, agent(olga))
    assert outcome.result["code"] == "no_such_tool"
    assert ToolCall.objects.get().arguments == {"a\ufffd": "\ufffd"}


def test_without_the_scope_there_is_no_call_and_no_record(olga: User) -> None:
    for attempt in (lambda by: outside.call("repeat", {"text": ""}, by), outside.offered):
        with pytest.raises(NotAllowed, match="assistant"):
            attempt(agent(olga, "read"))
    assert not ToolCall.objects.exists()


def test_old_calls_are_forgotten(olga: User) -> None:
    outside.call("repeat", {"text": "old"}, agent(olga))
    outside.call("repeat", {"text": "new"}, agent(olga))
    past = timezone.now() - timedelta(days=config().llm_call_days + 1)
    ToolCall.objects.filter(result="old").update(at=past)
    assert (outside.forget_calls(), outside.forget_calls()) == (1, 0)
    assert ToolCall.objects.get().result == "new"
