"""Websocket clients of the real consumer, and what they hear."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from asgiref.sync import sync_to_async
from channels.testing import WebsocketCommunicator
from django.conf import settings
from django.test import Client

from tests.patience import patient
from xoptweb.accounts.models import User
from xoptweb.live import access, hub
from xoptweb.live.consumers import LiveConsumer
from xoptweb.live.services import publish

ORIGIN = (b"origin", b"http://localhost:8000")
HOST = (b"host", b"localhost:8000")


class Listener:
    """A browser's websocket, read message by message."""

    def __init__(self, query: str, headers: list[tuple[bytes, bytes]]) -> None:
        self.socket = WebsocketCommunicator(LiveConsumer.as_asgi(), f"/ws/live/?{query}", headers=headers)

    async def open(self) -> bool:
        accepted: bool
        accepted, _ = await self.socket.connect(timeout=patient(5))
        return accepted

    async def message(self, timeout_s: float = 5) -> dict[str, Any]:
        """The next message that is not only a sign of life."""
        deadline = time.monotonic() + patient(timeout_s)
        while True:
            left_s = max(deadline - time.monotonic(), 0.0)
            message: dict[str, Any] = json.loads(await self.socket.receive_from(timeout=left_s))
            if message["type"] != "alive":
                return message

    async def events(self, count: int, timeout_s: float = 5) -> list[dict[str, Any]]:
        """The next `count` events, of however many messages."""
        found: list[dict[str, Any]] = []
        while len(found) < count:
            message = await self.message(timeout_s)
            assert message["type"] == "events", message
            found += message["events"]
        assert len(found) == count
        return found

    async def caught_up(self) -> dict[str, Any]:
        message = await self.message()
        assert message["type"] == "caught_up", message
        return message

    async def closed(self, timeout_s: float = 5) -> int:
        """The code with which the server closed, whatever it said before."""
        while True:
            output = await self.socket.receive_output(patient(timeout_s))
            if output["type"] == "websocket.close":
                code: int = output["code"]
                return code

    async def hears_nothing(self, seconds: float) -> bool:
        """Shorter than the time between signs of life."""
        nothing: bool = await self.socket.receive_nothing(seconds)
        return nothing


Listen = Callable[..., Awaitable[Listener]]


def session_cookie(user: User) -> bytes:
    client = Client()
    client.force_login(user)
    return f"{settings.SESSION_COOKIE_NAME}={client.cookies[settings.SESSION_COOKIE_NAME].value}".encode()


@pytest.fixture(autouse=True)
def everybody_follows_campaigns(monkeypatch: pytest.MonkeyPatch) -> None:
    """Streams `campaign:…` and topics `values:…` for who may see the machine, as the upper floors register them."""

    def may(user: User, name: str) -> bool:
        return user.has_perm("accounts.view_machine")

    monkeypatch.setattr(access, "_rules", {"campaign": may, "values": may, "approvals": may})


@pytest.fixture
async def listen(transactional_db: None, olga: User) -> AsyncIterator[Listen]:
    """Connect as olga, or as nobody with `cookie=None`; all are closed with the test."""
    opened: list[Listener] = []
    own = await sync_to_async(session_cookie)(olga)

    async def listen(query: str, *, cookie: bytes | None = own, more: Any = (ORIGIN, HOST)) -> Listener:
        headers = [*more, *([(b"cookie", cookie)] if cookie else [])]
        listener = Listener(query, headers)
        opened.append(listener)
        assert await listener.open()
        return listener

    yield listen
    for listener in opened:
        await listener.socket.disconnect()
    await asyncio.sleep(0)
    assert asyncio.get_running_loop() not in hub._hubs, "the hub ends with the last client"


say = sync_to_async(publish)
"""Publish from another thread, as a worker does from another process."""
