"""Talking with the assistant in a terminal."""

import json

import pytest

from agents.models import Conversation, Turn
from controls.models import Machine
from tests.cli.commands import xoptweb
from tests.endpoint import Said, endpoint
from tests.pages.world import load_linac
from xoptweb.accounts.models import User

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def linac(olga: User) -> Machine:
    return load_linac()


def test_a_question_is_answered_with_what_it_looked_up(linac: Machine) -> None:
    answers = (Said("", (("find_machines", {}),)), "One, the demo linac, for 4711 s.", json.dumps({"unsupported": []}))
    with endpoint(*answers) as scripted:
        done = xoptweb("chat", "--as", "olga", "how many machines?", XOPTWEB_LLM_BASE_URL=scripted.url)
    assert (done.stdout, done.returncode) == ("One, the demo linac, for 4711 s.\n", 0), done.stderr
    assert "· find_machines {}" in done.stderr
    assert "not supported by what it read: 4711" in done.stderr
    conversation = Conversation.objects.get()
    assert (conversation.owner.username, conversation.title) == ("olga", "how many machines?")
    with endpoint("Still one.") as scripted:
        again = ("chat", "--as", "olga", "--conversation", str(conversation.pk), "and now?")
        done = xoptweb(*again, XOPTWEB_LLM_BASE_URL=scripted.url)
    assert done.stdout == "Still one.\n"
    assert Turn.objects.filter(conversation=conversation).count() == 2


def test_what_it_proposes_is_named_with_where_to_look_at_it(linac: Machine) -> None:
    wish = {"environment": "screen-focus", "sentence": "make the beam on the screen smaller"}
    answers = (Said("", (("propose_campaign", wish),)), "I propose one.", json.dumps({"unsupported": []}))
    with endpoint(*answers) as scripted:
        done = xoptweb("chat", "--as", "olga", "what should we try?", XOPTWEB_LLM_BASE_URL=scripted.url)
    assert done.stdout == "I propose one.\n"
    assert "proposed: make the beam on the screen smaller" in done.stderr
    assert "Look at it and start on the site: /campaigns/new/?choices=1" in done.stderr


def test_without_a_model_it_says_what_to_do(linac: Machine) -> None:
    done = xoptweb("chat", "--as", "olga", "hello?")
    assert done.returncode == 1
    assert "No model is configured" in done.stderr


def test_an_account_that_is_not_there_is_named(linac: Machine) -> None:
    done = xoptweb("chat", "--as", "nobody", "hello?")
    assert done.returncode == 1
    assert "There is no account “nobody”" in done.stderr
