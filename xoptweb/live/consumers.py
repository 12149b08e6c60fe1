"""The websocket that pages follow. It is receive-only: a client that says anything is sent away.

Query: `?s=campaign:42@17&s=approvals@3&t=values:demo-linac` (a number is the last one the client has). Messages:

- `{"type": "events", "stream", "events": [{"n", "kind", "at", "payload"}]}`
- `{"type": "values", "topic", "values": {name: value}}`, of which only the newest of each name counts
- `{"type": "caught_up", "stream", "last"}` after what was missed
- `{"type": "denied", "stream" | "topic"}`
- `{"type": "alive", "every"}`: the next message comes within that many seconds
"""

import asyncio
import logging

from channels.generic.websocket import AsyncWebsocketConsumer
from django.conf import settings

from xoptweb.errors import Invalid
from xoptweb.live import hub, identity, origin, wishes
from xoptweb.live.client import Client
from xoptweb.live.identity import Identity

logger = logging.getLogger(__name__)

CHECK_AGAIN_S = 60.0

TALKED, NOT_LOGGED_IN, BAD_QUERY, BROKEN = 4400, 4401, 4422, 1011


class LiveConsumer(AsyncWebsocketConsumer):
    """One client. All its events come through the process's hub."""

    channel_layer_alias = ""  # the hub alone listens to the channel layer: without a broker clients connect as well

    async def connect(self) -> None:
        self._work: asyncio.Task[None] | None = None
        self._headers = {
            name.decode("latin-1").lower(): value.decode("latin-1") for name, value in self.scope["headers"]
        }
        self._hub = hub.hub()
        self._client = Client(self._send_text, self._hub.replay)
        if not self._origin_is_ours():
            await self.close()
            return
        await self.accept()
        self._work = asyncio.create_task(self._serve())

    async def receive(self, text_data: str | None = None, bytes_data: bytes | None = None) -> None:
        await self.close(TALKED)

    async def disconnect(self, code: int) -> None:
        if self._work is not None:
            self._work.cancel()
        await self._hub.leave(self._client)
        hub.stop_if_idle()

    def _origin_is_ours(self) -> bool:
        """A program with a token has no origin; a browser always has one and must have it from us."""
        given = self._headers.get("origin")
        if given is None:
            return "authorization" in self._headers
        secure = self.scope.get("scheme") == "wss"
        return origin.is_ours(given, self._headers.get("host", ""), secure, settings.CSRF_TRUSTED_ORIGINS)

    async def _serve(self) -> None:
        try:
            wanted = wishes.parse(self.scope["query_string"].decode("latin-1"))
            who = await self._hub.database.read(identity.identify, self._headers)
            if who is None:
                await self.close(NOT_LOGGED_IN)
                return
            await self._client.say_alive()
            may = await self._follow(wanted, who)
            async with asyncio.TaskGroup() as tasks:
                tasks.create_task(self._client.push_for_ever())
                tasks.create_task(self._check_again(wanted, may))
        except Invalid:
            await self.close(BAD_QUERY)
        except Exception:  # the edge of this client: it is told to come back, the others go on
            logger.exception("A live client can't be served.")
            await self.close(BROKEN)

    async def _follow(self, wanted: wishes.Wishes, who: Identity) -> set[str]:
        """Give the client what it missed of all it may follow, and tell it what it may not; what it may."""
        names = [*wanted.streams, *wanted.topics]
        may = await self._hub.database.read(_allowed, who, names)
        for topic in wanted.topics:
            if topic in may:
                await self._hub.watch(self._client, topic)
            else:
                await self._client.say(type="denied", topic=topic)
        for stream, number in wanted.streams.items():
            if stream in may:
                await self._catch_up(stream, number)
            else:
                await self._client.say(type="denied", stream=stream)
        return may

    async def _catch_up(self, stream: str, number: int | None) -> None:
        feed = await self._hub.follow(self._client, stream)
        self._client.numbers[feed] = feed.last if number is None else min(number, feed.last)
        await self._client.bring_up(feed)
        await self._client.say(type="caught_up", stream=stream, last=self._client.numbers[feed])

    async def _check_again(self, wanted: wishes.Wishes, may: set[str]) -> None:
        """Who logs out, or loses a permission, follows nothing any longer than this."""
        names = [*wanted.streams, *wanted.topics]
        while True:
            await asyncio.sleep(CHECK_AGAIN_S)
            now = await self._hub.database.read(_still, self._headers, names)
            if now != may:
                await self.close(NOT_LOGGED_IN if now is None else BROKEN)  # the latter comes back, to be told anew
                return

    async def _send_text(self, text: str) -> None:
        await self.send(text_data=text)


def _allowed(who: Identity, names: list[str]) -> set[str]:
    return {name for name in names if who.may(name)}


def _still(headers: dict[str, str], names: list[str]) -> set[str] | None:
    """What the client may follow now; None when it is nobody any more."""
    who = identity.identify(headers)
    return None if who is None else _allowed(who, names)
