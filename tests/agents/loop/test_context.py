"""What a model is told stays within what it can read; what happened stays as it was."""

import pytest

from agents.gateway.tokens import of_messages
from agents.services import conversations
from controls.models import Machine
from optimizer.models import Document, Environment
from tests.agents.loop.conftest import Talking
from tests.agents.loop.valid import faults
from tests.endpoint import Said

pytestmark = pytest.mark.django_db

LONG = "The quadrupole hums. " * 600


def reads(*documents: Document) -> Said:
    return Said("", tuple(("read_document", {"document": each.pk, "characters": 15_000}) for each in documents))


def documents(environment: Environment, count: int) -> list[Document]:
    return [
        Document.objects.create(environment=environment, title=f"t{at}", text=LONG + str(at)) for at in range(count)
    ]


def test_old_long_results_are_summarised_and_their_originals_stay(talking: Talking, environment: Environment) -> None:
    first, *more = documents(environment, 5)
    script = (reads(first), *(reads(each) for each in more), "It hums [t0].")

    def answer(asked: dict[str, object]) -> object:
        text = str(asked["messages"][-1]["content"])  # type: ignore[index]
        return "It hums, says t0." if text.startswith("Summarise") else waiting.pop(0)

    waiting = list(script)
    with talking(answer, context_tokens=24_000) as talk:
        turn = talk.ask("what do they say?")
    assert turn.state == "done"
    shortened = [row for row in talk.results if row.summary]
    assert shortened
    assert shortened[0].summary == "(summary) It hums, says t0."
    assert all("The quadrupole hums." in row.result["text"] for row in talk.results)
    assert all(of_messages(told) < 24_000 for told in talk.told)
    assert [faults(told) for told in talk.told if told[0]["role"] == "system"] == [[]] * 6


def test_what_nobody_can_summarise_is_cut_and_says_so(talking: Talking, environment: Environment) -> None:
    script = [*(reads(each) for each in documents(environment, 5)), "Done."]

    def answer(asked: dict[str, object]) -> object:
        text = str(asked["messages"][-1]["content"])  # type: ignore[index]
        return (400, "{}") if text.startswith("Summarise") else script.pop(0)

    with talking(answer, context_tokens=24_000) as talk:
        assert talk.ask().state == "done"
    assert "(the first of" in next(row.summary for row in talk.results if row.summary)


def test_old_turns_are_left_out_when_nothing_else_helps(talking: Talking, linac: Machine) -> None:
    with talking("word " * 2000, "short") as talk:
        talk.scripted.answers = ["word " * 3000]
        for _ in range(6):
            assert talk.ask("and then?").state == "done"
    last = talk.told[-1]
    assert "left out" in last[0]["content"]
    assert last[-1]["content"] == "and then?"
    assert of_messages(last) < 32_000
    assert len(talk.messages) == 12


def test_a_question_that_is_more_than_the_model_can_read_is_refused(talking: Talking, linac: Machine) -> None:
    with talking("never", context_tokens=9000) as talk:
        turn = conversations.ask(talk.conversation, "why? " * 3900, by=talk.by, here=True)
        talk.run(turn)
    assert (turn.state, turn.code) == ("failed", "too_long")
    assert talk.scripted.asked == []
