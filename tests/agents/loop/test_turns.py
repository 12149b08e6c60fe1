"""From a question to its answer."""

import json
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from agents.loop import turn as turns
from agents.models import Message, ModelCall, Turn
from agents.services import conversations, removing
from controls.models import Machine
from tests.agents.loop.conftest import Talking
from tests.agents.loop.valid import faults
from tests.endpoint import Call, Said
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import Conflict, Invalid, NotAllowed
from xoptweb.live.services import events_after

pytestmark = pytest.mark.django_db

FIND: Call = ("find_campaigns", {"words": "beam"})
LIST: Call = ("find_machines", {})


def test_it_reads_with_tools_before_it_answers(talking: Talking, linac: Machine) -> None:
    with talking(Said("I look.", (FIND, LIST)), "Nothing ran on [the linac](/machine/demo-linac/).") as talk:
        turn = talk.ask()
    assert (turn.state, turn.steps) == ("done", 2)
    assert [row.role for row in talk.messages] == ["user", "assistant", "tool", "tool", "assistant"]
    assert talk.results[1].result[0]["machine"] == "demo-linac"
    assert json.loads(talk.told[1][-1]["content"])[0]["machine"] == "demo-linac"
    assert [faults(told) for told in talk.told] == [[], []]
    assert talk.conversation.title == "why did it stop?"


def test_what_it_used_is_counted_with_the_turn_and_found_by_the_conversation(talking: Talking, linac: Machine) -> None:
    with talking(Said("I look.", (LIST,)), "Done.", price_in=1.0, price_out=1.0) as talk:
        turn = talk.ask()
    calls = ModelCall.objects.filter(subject=talk.conversation.stream, user=talk.by.user)
    assert (turn.tokens_in, turn.tokens_out) == (sum(c.tokens_in for c in calls), sum(c.tokens_out for c in calls))
    assert turn.cost == pytest.approx(sum(call.cost or 0 for call in calls))
    assert talk.messages[1].model_call in calls


def test_pages_hear_of_every_step(talking: Talking, linac: Machine) -> None:
    with talking(Said("", (LIST,)), "Done.") as talk:
        turn = talk.ask()
    kinds = [event.kind for event in events_after(talk.conversation.stream, 0)]
    assert kinds[0] == "asked"
    assert set(kinds[1:]) == {f"turn-{turn.pk}"}
    assert len(kinds) >= 5


@pytest.mark.parametrize(
    ("call", "error"),
    [
        (("approve_everything", {}), "There is no tool"),
        (("odd name!\u0000", {"a": 1}), "There is no tool"),
        (("find_campaigns", {"limit": "many"}), "arguments"),
        (("find_campaigns", "{not json"), "no JSON object"),
        (("read_campaign", {"campaign": 999}), "no campaign 999"),
        (("run_module", {"name": "lab/report"}), "does not have the permission"),
    ],
)
def test_a_call_that_cannot_be_made_is_answered_with_the_reason(
    talking: Talking, linac: Machine, call: Call, error: str
) -> None:
    with talking(Said("", (call,)), "I could not.") as talk:
        turn = talk.ask()
    assert turn.state == "done"
    (result,) = talk.results
    assert result.failed
    assert error in result.result["error"]
    assert faults(talk.told[1]) == []


def test_a_model_without_tools_of_its_own_is_told_why_its_block_called_nothing(
    talking: Talking, linac: Machine
) -> None:
    wrong, right = '<tool name="find_machine">{}</tool>', '<tool name="find_machines">{}</tool>'
    with talking(wrong, f"Again. {right}", "There is one.", native_tools=False) as talk:
        turn = talk.ask()
    assert turn.state == "done"
    assert "no tool “find_machine”" in talk.told[1][-1]["content"]
    assert "demo-linac" in talk.told[2][-1]["content"]
    assert [row.tool for row in talk.results] == ["", "find_machines"]


RIGHT = '<tool name="find_machines">{}</tool>'


@pytest.mark.parametrize("wrong", ['<tool name="find_machine">{}</tool>', "<Tool name=find_machine>{}</Tool>"])
@pytest.mark.parametrize("first", [True, False])
def test_of_two_blocks_the_right_one_is_called_and_the_model_is_told_why_the_other_was_not(
    talking: Talking, linac: Machine, wrong: str, first: bool
) -> None:
    both = f"I look. {wrong} {RIGHT}" if first else f"I look. {RIGHT} {wrong}"
    with talking(both, both, "There is one.", native_tools=False) as talk:
        turn = talk.ask()
    assert turn.state == "done"
    assert sorted(row.tool for row in talk.results) == ["", "", "find_machines", "find_machines"]
    for told in talk.told[1:]:
        assert "demo-linac" in told[-1]["content"]
        assert "One more thing was not called: " in told[-1]["content"]
    assert talk.messages[-1].text == "There is one."


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((503, '{"error": {"message": "overloaded"}}'), "busy"),
        (Said("one two", cut=True), "cut_off"),
        ("word " * 500_000, "too_large"),
        (Said(raw=("data: {\n\n",)), "nonsense"),
        (Said(""), "nothing_said"),
    ],
)
def test_a_bad_model_is_a_failure_with_a_reason_and_one_can_go_on(
    talking: Talking, linac: Machine, answer: object, code: str
) -> None:
    with talking(answer, "Here I am.") as talk:
        turn = talk.ask()
        assert (turn.state, turn.code) == ("failed", code)
        assert turn.message
        assert (turn.tokens_in, turn.tokens_out) == talk.used
        after = talk.proceed()
    assert (after.state, after.continues) == ("done", True)
    assert talk.messages[-1].text == "Here I am."


def cut(*deltas: dict[str, object]) -> Said:
    """A stream as llama.cpp sends it that ends where no more tokens are allowed."""
    made = [{"choices": [{"index": 0, "delta": delta, "finish_reason": None}]} for delta in deltas]
    end = {"choices": [{"index": 0, "delta": {}, "finish_reason": "length"}]}
    used = {"choices": [], "usage": {"prompt_tokens": 9, "completion_tokens": 6}}
    return Said(raw=tuple(f"data: {json.dumps(each)}\n\n" for each in [*made, end, used]))


def test_an_answer_that_was_cut_off_says_so_and_one_can_go_on(talking: Talking, linac: Machine) -> None:
    with talking(cut({"content": "The first three are"}), "Q1, Q2 and Q3.") as talk:
        turn = talk.ask()
        assert (turn.state, turn.code) == ("limited", "length")
        assert turn.message == "The answer was cut off after 6 tokens."
        assert talk.messages[-1].text == "The first three are"
        assert talk.proceed().state == "done"


def test_a_model_that_thinks_until_no_tokens_are_left_is_told_apart(talking: Talking, linac: Machine) -> None:
    with talking(cut({"role": "assistant", "content": None}, {"reasoning_content": "Well, "})) as talk:
        turn = talk.ask()
    assert (turn.state, turn.code) == ("failed", "nothing_said")
    assert "cut off while it was thinking" in turn.message
    assert "after 6 tokens" in turn.message


def test_a_call_that_was_cut_off_calls_nothing_and_the_model_hears_why(talking: Talking, linac: Machine) -> None:
    function = {"name": "find_campaigns", "arguments": '{"words": "bea'}
    with talking(cut({"tool_calls": [{"index": 0, "id": "x", "function": function}]}), "I see.") as talk:
        turn = talk.ask()
    assert turn.state == "done"
    assert "cut off in the middle of this call" in talk.results[0].result["error"]
    assert faults(talk.told[1]) == []


def test_ids_of_calls_are_of_the_form_that_strict_chat_templates_take(talking: Talking, linac: Machine) -> None:
    with talking(Said("", (FIND, LIST)), "Done.") as talk:
        talk.ask()
    ids = [call["id"] for call in talk.told[1][2]["tool_calls"]]
    assert all(len(each) == 9 and each.isalnum() for each in ids)
    assert len(set(ids)) == 2


def test_without_a_model_it_says_what_to_do(olga: User) -> None:
    from agents.loop.turn import run

    by = Actor(user=olga)
    conversation = conversations.begin(by=by)
    turn = conversations.ask(conversation, "hello?", by=by, here=True)
    run(turn.pk)
    turn.refresh_from_db()
    assert (turn.state, turn.code) == ("failed", "no_model")
    assert "administrator" in turn.message


def test_the_same_call_again_and_again_is_refused_and_then_stops_the_turn(talking: Talking, linac: Machine) -> None:
    with talking(Said("", (LIST,))) as talk:
        turn = talk.ask()
    assert (turn.state, turn.code) == ("limited", "repeats")
    assert [row.failed for row in talk.results] == [False, False, True, True, True]
    assert "this very call before" in talk.results[2].result["error"]


def different(asked: dict[str, object]) -> Said:
    return Said("", (("find_campaigns", {"words": str(len(json.dumps(asked["messages"])))}),))


@pytest.mark.parametrize(("limit", "code"), [({"steps": 3}, "steps"), ({"turn_tokens": 1500}, "tokens")])
def test_a_limit_stops_it_with_what_it_has_and_one_can_go_on(
    talking: Talking, linac: Machine, limit: dict[str, int], code: str
) -> None:
    with talking(different, **limit) as talk:
        turn = talk.ask()
        assert (turn.state, turn.code) == ("limited", code)
        assert talk.results
        talk.scripted.answers = ["Enough."]
        assert talk.proceed().state == "done"
    assert [faults(told) for told in talk.told] == [[]] * len(talk.told)


def test_time_is_a_limit_too(talking: Talking, linac: Machine) -> None:
    with talking(different, turn_s=0.000001) as talk:
        turn = talk.ask()
    assert (turn.state, turn.code, turn.steps) == ("limited", "time", 0)


def drops(over: threading.Event) -> Iterator[str]:
    """A stream that goes on and on."""
    for _ in range(400):
        yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': {'content': 'drop '}}]})}\n\n"
        if over.wait(0.02):
            return
    yield f"data: {json.dumps({'choices': [{'index': 0, 'delta': {}, 'finish_reason': 'stop'}]})}\n\n"


def test_an_answer_that_goes_on_and_on_ends_with_the_time_of_its_turn_as_far_as_it_came(
    talking: Talking, linac: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_passes(_: str) -> None:
        monkeypatch.setenv("XOPTWEB_AGENT_TURN_S", "0.000001")
        config.cache_clear()

    def goes_on(asked: dict[str, Any]) -> Said:
        return Said(raw=drops(talk.scripted.closed))

    with talking(goes_on, "Enough.", turn_s=600) as talk:
        turn = conversations.ask(talk.conversation, "how many?", by=talk.by, here=True)
        turns.run(turn.pk, on_text=time_passes)
        turn.refresh_from_db()
        assert (turn.state, turn.code, turn.steps) == ("limited", "time", 1)
        assert talk.messages[-1].text.startswith("drop")
        assert ModelCall.objects.get().state == ModelCall.State.CANCELLED
        assert (turn.tokens_in, turn.tokens_out) == talk.used
        monkeypatch.setenv("XOPTWEB_AGENT_TURN_S", "600")
        config.cache_clear()
        assert talk.proceed().state == "done"
    assert [row.text for row in talk.messages[-2:]] == ["Go on.", "Enough."]
    assert [faults(told) for told in talk.told] == [[], []]


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("tool", ["read_channels", "propose_campaign"])
def test_what_is_wrong_with_a_call_is_told_no_longer_than_anybody_reads(
    talking: Talking, linac: Machine, tool: str, native: bool
) -> None:
    names = [f"{number}{'x' * 10_000}" for number in range(50)]
    arguments: dict[str, dict[str, Any]] = {
        "read_channels": {"machine": "demo-linac", "channels": names},
        "propose_campaign": {"environment": "beam", "sentence": "smaller", "variables": dict.fromkeys(names, 1)},
    }
    given = arguments[tool]
    call = Said("", ((tool, given),)) if native else f'<tool name="{tool}">{json.dumps(given)}</tool>'
    with talking(call, "I could not.", native_tools=native, context_tokens=1_000_000) as talk:
        turn = talk.ask()
    assert turn.state == "done"
    (result,) = talk.results
    assert result.failed
    assert len(json.dumps(result.result)) < 10_000


def test_one_question_at_a_time(talking: Talking, linac: Machine) -> None:
    with talking("yes") as talk:
        conversations.ask(talk.conversation, "one?", by=talk.by)
        with pytest.raises(Conflict) as refused:
            conversations.ask(talk.conversation, "two?", by=talk.by)
        assert refused.value.code == "still_thinking"
        assert Message.objects.count() == 1
        with pytest.raises(Conflict):
            conversations.remove(talk.conversation, by=talk.by)


def test_a_conversation_is_its_owners_alone(talking: Talking, linac: Machine, peter: User) -> None:
    with talking("yes") as talk:
        talk.ask()
        for act in (
            lambda by: conversations.ask(talk.conversation, "mine?", by=by),
            lambda by: conversations.proceed(talk.conversation, by=by),
            lambda by: conversations.cancel(talk.conversation, by=by),
            lambda by: conversations.share(talk.conversation, by=by),
            lambda by: conversations.rename(talk.conversation, "mine", by=by),
            lambda by: conversations.remove(talk.conversation, by=by),
        ):
            with pytest.raises(NotAllowed):
                act(Actor(user=peter))
        with pytest.raises(Invalid):
            conversations.ask(talk.conversation, " \n", by=talk.by)


def test_what_is_being_written_is_kept_whatever_characters_it_has(
    talking: Talking, linac: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("agents.loop.drafting.SAVE_EVERY_S", 0.0)
    with talking("a \x00 and more") as talk:
        assert talk.ask().state == "done"
    assert talk.messages[-1].text == "a \ufffd and more"


def test_what_is_deleted_leaves_only_what_it_cost(talking: Talking, linac: Machine) -> None:
    with talking("a secret answer", price_in=1.0, price_out=1.0) as talk:
        talk.ask("a secret question")
        conversations.remove(talk.conversation, by=talk.by)
        removing.remove(talk.conversation.pk)
    call = ModelCall.objects.get()
    assert (call.prompt, call.response, call.tokens_out) == (None, None, 3)
    assert (Message.objects.count(), Turn.objects.count()) == (0, 0)


def test_a_shared_conversation_is_read_by_whoever_has_its_link_until_that_ends(
    talking: Talking, linac: Machine, peter: User
) -> None:
    from xoptweb.errors import NotFound

    with talking("yes") as talk:
        key = conversations.share(talk.conversation, by=talk.by)
        assert conversations.share(talk.conversation, by=talk.by) == key
        assert conversations.shared(key, by=Actor(user=peter)) == talk.conversation
        conversations.unshare(talk.conversation, by=talk.by)
        for wrong in (key, "", "nonsense", "nul\x00"):
            with pytest.raises(NotFound):
                conversations.shared(wrong, by=Actor(user=peter))
