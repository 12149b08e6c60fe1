"""Answers are held against what they rest on."""

import json
from typing import Any

import pytest
from django.db import connection

from agents.loop.verifying import NO_TIME, unknown_links, unknown_numbers
from agents.models import Turn
from controls.models import Machine
from tests.agents.loop.conftest import Talking
from tests.endpoint import Answer, Call, Said
from tests.patience import patient
from xoptweb.config import config

pytestmark = pytest.mark.django_db

LIST: Call = ("find_machines", {})


@pytest.mark.parametrize(
    ("answer", "unknown"),
    [
        ("It was 61.3 µm in evaluation 44.", []),
        ("It was 61 µm, 3 times.", []),
        ("It was −61.27 µm.", []),
        ("It was 62.3 µm.", ["62.3"]),
        ("About 6.1e1, or 9e9.", ["9e9"]),
        ("See [campaign 12](/campaigns/77/).", ["12"]),
        ("Q17 is no number, nor is v1.2.3", []),
    ],
)
def test_numbers_that_stand_in_no_result_are_named(answer: str, unknown: list[str]) -> None:
    assert unknown_numbers(answer, ['{"best": 61.2749, "number": 44}']) == unknown


def test_links_that_no_tool_gave_are_named() -> None:
    answer = "[one](/campaigns/1/) and [two](/campaigns/2/)"
    assert unknown_links(answer, ['{"link": "/campaigns/1/"}']) == ["/campaigns/2/"]


def test_statements_that_the_results_do_not_support_are_marked(talking: Talking, linac: Machine) -> None:
    claims = [{"quote": "It is  on fire", "why": "no result says so"}, {"quote": "never said", "why": "x"}]
    answer = "The linac is armed for 7777 s. It is on fire, see [it](/machine/other/)."
    with talking(Said("", (LIST,)), answer, json.dumps({"unsupported": claims}), verify=True) as talk:
        turn = talk.ask()
    assert turn.state == "done"
    assert turn.verdict is not None
    assert turn.verdict["claims"] == claims[:1]
    assert (turn.verdict["numbers"], turn.verdict["links"]) == (["7777"], ["/machine/other/"])
    assert turn.verdict["by_model"]
    assert "demo-linac" in talk.told[2][-1]["content"]


def test_a_check_that_fails_says_so_and_the_answer_stays(talking: Talking, linac: Machine) -> None:
    with talking(Said("", (LIST,)), "All is well.", "no verdict", verify=True) as talk:
        turn = talk.ask()
    assert turn.state == "done"
    assert turn.verdict is not None
    assert "not of the form" in turn.verdict["trouble"]
    assert talk.messages[-1].text == "All is well."


@pytest.mark.parametrize("second", ["no verdict either", (503, "{}")])
def test_a_check_that_fails_is_counted_all_the_same(talking: Talking, linac: Machine, second: Answer) -> None:
    with talking(Said("", (LIST,)), "All is well.", "no verdict", second, verify=True) as talk:
        turn = talk.ask()
        assert len(talk.scripted.asked) == 4
        assert (turn.tokens_in, turn.tokens_out) == talk.used


def test_a_check_for_which_no_time_is_left_says_so(
    talking: Talking, linac: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def time_passes(asked: dict[str, Any]) -> str:
        monkeypatch.setenv("XOPTWEB_AGENT_TURN_S", "0.000001")
        config.cache_clear()
        talk.scripted.closed.wait(patient(30))
        return "too late"

    with talking(Said("", (LIST,)), "It is armed for 7777 s.", time_passes, verify=True, timeout_s=patient(60)) as talk:
        turn = talk.ask()
    assert turn.state == "done"
    assert turn.verdict is not None
    assert (turn.verdict["numbers"], turn.verdict["trouble"]) == (["7777"], NO_TIME)


@pytest.mark.django_db(transaction=True)  # the endpoint cancels, from a thread of its own
def test_cancelling_ends_a_check(talking: Talking, linac: Machine) -> None:
    def cancels(asked: dict[str, Any]) -> str:
        Turn.objects.update(cancel_requested=True)
        connection.close()  # that of the server's thread
        talk.scripted.closed.wait(patient(30))
        return "too late"

    with talking(Said("", (LIST,)), "All is well.", cancels, verify=True, timeout_s=patient(60)) as talk:
        turn = talk.ask()
    assert (turn.state, turn.verdict) == ("cancelled", None)


def test_an_answer_that_read_nothing_is_not_checked_by_a_model(talking: Talking, linac: Machine) -> None:
    with talking("Hello.", verify=True) as talk:
        turn = talk.ask()
    assert turn.verdict is not None
    assert turn.verdict["results"] == 0
    assert len(talk.scripted.asked) == 1
