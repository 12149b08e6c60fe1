"""Cancelling, and processes that die in the middle."""

import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from agents.loop import turn as turns
from agents.models import Message, Turn
from agents.services import conversations
from agents.services.lost import find_lost
from agents.tasks import turn as work
from controls.models import Machine
from tests.agents.loop.conftest import Talking
from tests.agents.loop.valid import faults
from tests.endpoint import Call, Said
from tests.processes import wait_until
from xoptweb.errors import Conflict
from xoptweb.work.models import Work
from xoptweb.work.process import identity

LIST: Call = ("find_machines", {})
RUN = "import sys, django; django.setup(); from agents.loop.turn import run; run(int(sys.argv[1]))"


@pytest.mark.django_db
def test_what_waits_is_cancelled_at_once(talking: Talking, linac: Machine) -> None:
    with talking("never said") as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by)
        assert Work.objects.get(name="agents.turn").queue == "agents"
        conversations.cancel(talk.conversation, by=talk.by)
        work(turn.pk)
        with pytest.raises(Conflict):
            conversations.cancel(talk.conversation, by=talk.by)
    turn.refresh_from_db()
    assert turn.state == "cancelled"
    assert talk.scripted.asked == []


@pytest.mark.django_db
def test_what_is_being_said_is_cancelled_in_the_middle(talking: Talking, linac: Machine) -> None:
    hold = threading.Event()
    with talking(Said("one two three", hold=hold), "Here I am.", timeout_s=60) as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by, here=True)

        def cancel(_: str) -> None:
            conversations.cancel(talk.conversation, by=talk.by)

        turns.run(turn.pk, on_text=cancel)
        hold.set()
        turn.refresh_from_db()
        assert (turn.state, turn.draft) == ("cancelled", "")
        assert (turn.tokens_in, turn.tokens_out) == talk.used
        assert turn.tokens_out > 0
        assert talk.proceed().state == "done"
    assert [row.text for row in talk.messages] == ["well?", "Go on.", "Here I am."]


@pytest.mark.django_db
def test_cancelling_between_calls_leaves_a_history_that_can_be_gone_on_with(talking: Talking, linac: Machine) -> None:
    with talking(Said("", (LIST, ("find_channels", {"words": "Q1"}))), "Here I am.") as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by, here=True)

        def cancel_after_the_first(row: Message) -> None:
            if row.role == Message.Role.TOOL:
                conversations.cancel(talk.conversation, by=talk.by)

        turns.run(turn.pk, on_event=cancel_after_the_first)
        turn.refresh_from_db()
        assert (turn.state, len(talk.results)) == ("cancelled", 1)
        talk.proceed()
    assert faults(talk.told[-1]) == []
    assert "interrupted" in talk.told[-1][4]["content"]


@pytest.mark.django_db(transaction=True)
def test_a_killed_worker_is_followed_by_another_that_goes_on(talking: Talking, linac: Machine) -> None:
    hold = threading.Event()
    with talking(Said("", (LIST,)), Said("half of it", hold=hold), "There is one.", timeout_s=60) as talk:
        turn = conversations.ask(talk.conversation, "how many machines?", by=talk.by, here=True)
        process = subprocess.Popen(
            [sys.executable, "-c", RUN, str(turn.pk)], env={**os.environ, "XOPTWEB_ROLE": "worker"}
        )
        wait_until(lambda: len(talk.scripted.asked) == 2, 60, what="the second question to the model")
        process.kill()
        process.wait()
        hold.set()
        turn.refresh_from_db()
        assert turn.state == "running"
        talk.run(turn)
    assert (turn.state, turn.attempt, turn.steps) == ("done", 2, 2)
    assert [row.role for row in talk.messages] == ["user", "assistant", "tool", "assistant"]
    assert talk.messages[-1].text == "There is one."
    assert faults(talk.told[2]) == []


@pytest.mark.django_db
def test_a_call_that_a_dead_worker_may_have_made_is_not_made_again(talking: Talking, linac: Machine) -> None:
    with talking("Remembered.") as talk:
        turn = conversations.ask(talk.conversation, "remember both", by=talk.by, here=True)
        calls = [{"id": f"m2-{at}", "name": "remember", "arguments": {"text": text}, "text": ""}
                 for at, text in enumerate(("one", "two"))]  # fmt: skip
        Message.objects.create(conversation=talk.conversation, turn=turn, number=2, role="assistant", calls=calls)
        host = identity().split(":")[0]
        Turn.objects.filter(pk=turn.pk).update(state="running", process=f"{host}:999999:1", attempt=1, steps=1)
        talk.run(turn)
    assert turn.state == "done"
    assert [row.failed for row in talk.results] == [True, False]
    assert "interrupted" in talk.results[0].result["error"]
    assert talk.results[1].result["text"] == "two"


@pytest.mark.django_db
def test_a_process_from_which_the_turn_was_taken_writes_nothing_more(talking: Talking, linac: Machine) -> None:
    with talking("an answer that comes too late") as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by, here=True)

        def taken(_: str) -> None:
            Turn.objects.filter(pk=turn.pk).update(attempt=7, process="elsewhere:1:1")

        turns.run(turn.pk, on_text=taken)
    turn.refresh_from_db()
    assert (turn.state, turn.attempt) == ("running", 7)
    assert [row.role for row in talk.messages] == ["user"]


@pytest.mark.django_db
def test_a_turn_whose_work_is_given_up_says_so(talking: Talking, linac: Machine) -> None:
    with talking("never") as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by)
        conversations.give_up(turn.pk, "Traceback …\nZeroDivisionError: division by zero\n")
    turn.refresh_from_db()
    assert turn.state == "failed"
    assert "division by zero" in turn.message


@pytest.mark.django_db
def test_a_turn_whose_terminal_was_closed_is_gone_on_with_by_a_worker(talking: Talking, linac: Machine) -> None:
    with talking("Here I am.") as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by, here=True)
        begun = {"state": "running", "process": identity(), "created_at": timezone.now() - timedelta(minutes=1)}
        Turn.objects.filter(pk=turn.pk).update(**begun)
        assert find_lost() == 0
        Turn.objects.filter(pk=turn.pk).update(process=f"{identity().split(':')[0]}:999999:1")
        assert (find_lost(), find_lost()) == (1, 0)
        work(**Work.objects.get(name="agents.turn").arguments)
    turn.refresh_from_db()
    assert turn.state == "done"
