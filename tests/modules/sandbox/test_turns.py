"""Python inside of an answer: what the model is told, and cancelling while it runs."""

import threading

import pytest
from django.db import connection

from agents.services import conversations
from controls.models import Machine
from modules.sandbox import interpreters
from modules.sandbox.availability import no_sandbox
from tests.agents.loop.conftest import Talking, talking
from tests.agents.profiles import profile
from tests.endpoint import Said
from tests.modules.sandbox.sleeping import PART, sleeping
from tests.pages.world import linac
from tests.processes import wait_until

__all__ = ["linac", "profile", "talking"]

needs_sandbox = pytest.mark.skipif(bool(no_sandbox()), reason=no_sandbox())
LONG = f"86399.{PART}"
FOR_EVER = f"import subprocess; subprocess.run(['sleep', '{LONG}'])"


@needs_sandbox
@pytest.mark.django_db
def test_variables_stay_over_the_questions_of_a_conversation(talking: Talking, linac: Machine) -> None:
    calls = [Said("", (("python", {"code": code}),)) for code in ("size = 310", "size / 2")]
    with talking(calls[0], "kept", calls[1], "It is 155.") as talk:
        assert talk.ask("remember the size").state == "done"
        assert talk.ask("and half of it?").state == "done"
    assert talk.results[-1].result == {"printed": "", "value": "155.0"}
    assert talk.told[-1][-1]["role"] == "tool"
    interpreters.close()


@needs_sandbox
@pytest.mark.django_db(transaction=True)
def test_cancelling_an_answer_ends_the_code_that_runs(talking: Talking, linac: Machine) -> None:
    """A sleep of a day: had it not been ended, this test would not."""
    with talking(Said("", (("python", {"code": FOR_EVER}),)), "never said") as talk:
        turn = conversations.ask(talk.conversation, "well?", by=talk.by, here=True)

        def cancel() -> None:
            wait_until(lambda: sleeping(LONG), what="the code")
            conversations.cancel(talk.conversation, by=talk.by)
            connection.close()

        other = threading.Thread(target=cancel)
        other.start()
        assert talk.run(turn).state == "cancelled"
        other.join()
    assert not sleeping(LONG)
    (result,) = talk.results
    assert "cancelled" in result.result["error"]
    interpreters.close()
