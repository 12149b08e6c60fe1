"""Conversations that a module holds with a model."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from modules.runner import Pool, Spec
from tests.agents.loop.valid import faults
from tests.modules.real import World

Make = Callable[..., Spec]
CONVERSES = """
from pydantic import BaseModel

class Wanted(BaseModel):
    number: int
    why: str = ""

@m.step
def begin(given):
    return xopt.converse("Count.", str(given), Wanted, model="big", tools=("read", "look"), steps=6).model_dump()
"""


def sent(world: World) -> list[list[dict[str, Any]]]:
    return [request["messages"] for kind, request in world.asked if kind == "chat"]


def test_the_model_calls_tools_and_concludes_in_the_form_that_was_asked_for(
    module: Make, pool: Pool, world: World
) -> None:
    world.tools["read"] = lambda channel: {channel: 7}
    world.chats = [[("read", {"channel": "Q1"}), ("read", {"channel": "Q2"})], 'I conclude {"number": 7} and no more.']
    result = pool.run(module(CONVERSES), "how many?", world)
    assert result.output == {"number": 7, "why": ""}
    first, second = sent(world)
    assert first == [{"role": "system", "content": "Count."}, {"role": "user", "content": "how many?"}]
    assert [message["role"] for message in second[2:]] == ["assistant", "tool", "tool"]
    assert second[3]["content"] == '{"Q1": 7}'
    assert faults(second) == []
    asked = next(request for kind, request in world.asked if kind == "chat")
    assert (asked["model"], asked["tools"]) == ("big", ["read", "look"])
    assert asked["schema"]["required"] == ["number"]


def test_what_is_wrong_is_told_and_asked_for_again_twice(module: Make, pool: Pool, world: World) -> None:
    world.chats = ["seven", '{"number": "many"}', '{"number": 7}']
    assert pool.run(module(CONVERSES), None, world).output["number"] == 7
    told = [messages[-1]["content"] for messages in sent(world)[1:]]
    assert "there is no JSON object in it" in told[0]
    assert "number: Input should be a valid integer" in told[1]
    world.chats = ["seven"]
    result = pool.run(module(CONVERSES), None, world)
    assert result.state == "failed"
    assert "not of the form that was asked for: there is no JSON object in it" in result.error


def test_a_wrong_block_beside_a_call_is_told_together_with_the_result(module: Make, pool: Pool, world: World) -> None:
    world.tools["read"] = lambda channel: {channel: 7}
    call = {"id": "1", "name": "read", "arguments": {"channel": "Q1"}, "text": ""}
    both = {"text": "", "calls": [call], "faults": ["there is no tool “reed”"], "finish": "stop"}
    world.chats = [both, '{"number": 7}']
    assert pool.run(module(CONVERSES), None, world).output["number"] == 7
    last = sent(world)[-1]
    assert [message["role"] for message in last[2:]] == ["assistant", "tool", "user"]
    assert "not called: there is no tool “reed”." in last[-1]["content"]
    assert faults(last) == []


@pytest.mark.parametrize(
    ("call", "why"),
    [
        (("propose", {}), "There is no tool propose; there are: read, look."),
        (("read", None), "The arguments are no JSON object."),
        (("look", {"at": "Q1"}), "The module may not use the tool"),
    ],
)
def test_a_call_that_comes_to_nothing_is_a_result_that_says_why(
    module: Make, pool: Pool, world: World, call: tuple[str, Any], why: str
) -> None:
    world.chats = [[call], '{"number": 1}']
    assert pool.run(module(CONVERSES), None, world).output["number"] == 1
    last = sent(world)[-1]
    assert why in last[-1]["content"]
    assert faults(last) == []


def test_it_ends_when_the_model_never_concludes_and_repetitions_are_refused(
    module: Make, pool: Pool, world: World
) -> None:
    world.tools["read"] = lambda channel: channel * 10_000
    world.chats = [[("read", {"channel": "Q"})]]
    result = pool.run(module(CONVERSES), None, world)
    assert (result.state, result.error) == ("failed", "The model came to no conclusion in 6 answers.")
    last = sent(world)[-1]
    results = [message["content"] for message in last if message["role"] == "tool"]
    assert results[0].endswith("… (cut: 10002 characters)")
    assert "You have made this very call before." in results[2]
    assert last[-1]["content"].startswith("This is your last answer")
    assert world.asked.count(("tool", ("read", {"channel": "Q"}))) == 2


def test_a_model_that_can_not_be_asked_fails_the_run(module: Make, pool: Pool, world: World) -> None:
    result = pool.run(module(CONVERSES), None, world)
    assert (result.state, result.error) == ("failed", "no model is configured")


def test_what_gets_too_long_is_shortened_from_the_oldest_result_on(module: Make, pool: Pool, world: World) -> None:
    world.tools["read"] = lambda channel: channel * 5000
    calls = [[("read", {"channel": name})] for name in "ABC"]
    world.chats, world.room = [*calls, '{"number": 7}'], 13_000
    assert pool.run(module(CONVERSES), "how many?", world).output["number"] == 7
    *_, third, last = sent(world)
    before, after = ([one["content"] for one in told if one["role"] == "tool"] for told in (third, last))
    assert before == [f'"{name * 5000}"' for name in "AB"]
    assert after[1:] == [f'"{name * 5000}"' for name in "BC"]
    assert after[0] == f'"{"A" * 499}… (shortened, as there is no more room: the first 500 of 5002 characters)'
    assert last[:2] == third[:2], "what it was told to do stays"
    assert faults(last) == []


def test_where_nobody_says_how_much_fits_there_is_a_usual_bound(module: Make, pool: Pool, world: World) -> None:
    world.tools["read"] = lambda channel: channel * 10_000
    world.chats = [[("read", {"channel": name}) for name in "ABCDE"], [("read", {"channel": "F"})], '{"number": 7}']
    assert pool.run(module(CONVERSES), None, world).output["number"] == 7
    for told in sent(world):
        assert len(json.dumps(told)) < 40_000 + 200
    results = [one["content"] for one in sent(world)[-1] if one["role"] == "tool"]
    assert [len(one) > 8000 for one in results] == [False, False, True, True, True, True]
