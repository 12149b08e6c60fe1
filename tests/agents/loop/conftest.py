"""A conversation whose model is scripted."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import pytest

from agents.loop.turn import run
from agents.models import Conversation, Message, ModelCall, Turn
from agents.services import conversations
from tests.agents.profiles import Made
from tests.endpoint import Endpoint, Scripted, endpoint
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.config import config


class Talk:
    """A person and a model that says what the script says."""

    def __init__(self, user: User, scripted: Endpoint) -> None:
        self.by, self.scripted = Actor(user=user, via="web"), scripted
        self.conversation = conversations.begin(by=self.by)

    def ask(self, text: str = "why did it stop?") -> Turn:
        """Ask, and have it answered in this process."""
        turn = conversations.ask(self.conversation, text, by=self.by, here=True)
        return self.run(turn)

    def proceed(self) -> Turn:
        return self.run(conversations.proceed(self.conversation, by=self.by, here=True))

    def run(self, turn: Turn) -> Turn:
        run(turn.pk)
        turn.refresh_from_db()
        return turn

    @property
    def messages(self) -> list[Message]:
        return list(Message.objects.filter(conversation=self.conversation).order_by("number"))

    @property
    def results(self) -> list[Message]:
        return [row for row in self.messages if row.role == Message.Role.TOOL]

    @property
    def used(self) -> tuple[int, int]:
        """Tokens of all calls of models that the conversation made."""
        calls = ModelCall.objects.filter(subject=self.conversation.stream)
        return sum(call.tokens_in for call in calls), sum(call.tokens_out for call in calls)

    @property
    def told(self) -> list[list[dict[str, Any]]]:
        """The histories that the model was told."""
        return [asked["messages"] for asked in self.scripted.asked]


Talking = Callable[..., Any]


@pytest.fixture
def talking(profile: Made, olga: User, monkeypatch: pytest.MonkeyPatch) -> Iterator[Talking]:
    """`with talking("an answer", verify=False, user=olga, steps=3, **profile) as talk:`"""

    @contextmanager
    def talk(*answers: Scripted, user: User = olga, verify: bool = False, **more: Any) -> Iterator[Talk]:
        settings: dict[str, Any] = {name: more.pop(name) for name in ("steps", "turn_tokens", "turn_s") if name in more}
        for name, value in (settings | {"verify": verify}).items():
            monkeypatch.setenv(f"XOPTWEB_AGENT_{name.upper()}", str(value))
        config.cache_clear()
        with endpoint(*answers) as scripted:
            values: dict[str, Any] = {"attempts": 1, "context_tokens": 32_000, **more}
            profile(scripted, **values)
            yield Talk(user, scripted)

    yield talk
    config.cache_clear()


__all__ = ["Conversation", "Talk", "Talking", "talking"]
