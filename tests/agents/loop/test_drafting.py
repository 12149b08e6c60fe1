"""What a model is writing reaches pages that open while it writes."""

from typing import Any

import pytest

from agents.loop import drafting
from agents.models import Conversation, Turn
from xoptweb.accounts.models import User
from xoptweb.live import topics

pytestmark = pytest.mark.django_db


@pytest.fixture
def turn(olga: User) -> Turn:
    conversation = Conversation.objects.create(owner=olga)
    return Turn.objects.create(conversation=conversation, number=1, state=Turn.State.RUNNING)


def test_a_page_that_opens_after_the_first_piece_finds_it(turn: Turn) -> None:
    drafting.Draft(turn).add("This ")
    assert drafting.latest(drafting.topic(turn.conversation_id)) == {f"{turn.pk}.0.0": "This "}


def test_what_an_opening_page_missed_is_sent_again_from_the_beginning(
    turn: Turn, monkeypatch: pytest.MonkeyPatch
) -> None:
    sent: list[Any] = []
    monkeypatch.setattr(topics, "send", lambda _, values: sent.append(values))
    monkeypatch.setattr(drafting, "SAVE_EVERY_S", 0.0)
    draft = drafting.Draft(turn)
    draft.add("This ")
    draft.add("takes")
    assert {f"{turn.pk}.0.0": "This takes"} in sent
