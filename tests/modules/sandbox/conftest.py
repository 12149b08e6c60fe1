"""A conversation with an interpreter of its own."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from agents.models import Conversation
from modules.sandbox import interpreters
from modules.sandbox.availability import no_sandbox
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.tools.registry import call
from xoptweb.tools.serving import serving

Run = Callable[[str], dict[str, Any]]


@pytest.fixture
def here(olga: User) -> Iterator[Conversation]:
    """Tools that are called serve it."""
    if reason := no_sandbox():
        pytest.skip(reason)
    conversation = Conversation.objects.create(owner=olga)
    with serving(conversation.stream):
        yield conversation
    interpreters.close()


@pytest.fixture
def by(here: Conversation, olga: User) -> Actor:
    return Actor(user=olga)


@pytest.fixture
def python(by: Actor) -> Run:
    return lambda code: call("python", {"code": code}, by)


@pytest.fixture
def shell(by: Actor, monkeypatch: pytest.MonkeyPatch) -> Iterator[Run]:
    monkeypatch.setenv("XOPTWEB_AGENT_SHELL", "true")
    config.cache_clear()
    yield lambda command: call("shell", {"command": command}, by)
    config.cache_clear()


@pytest.fixture
def settings(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[..., None]]:
    """Set `XOPTWEB_AGENT_…`: `settings(code_s=1)`."""

    def change(**values: object) -> None:
        for name, value in values.items():
            monkeypatch.setenv(f"XOPTWEB_AGENT_{name.upper()}", str(value))
        config.cache_clear()

    yield change
    config.cache_clear()
