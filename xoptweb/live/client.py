"""What one connected browser still has to get, and when."""

import asyncio
import json
import random
from collections.abc import Awaitable, Callable
from typing import Any

from xoptweb.live.events import frame
from xoptweb.live.feed import Feed

PUSH_EVERY_S = 0.04  # at most 25 pushes a second (decision 0019); the first after a silence goes at once
SAVED = 2  # further pushes that may go at once then: a question, its turn, and the first words come close together
LET_IN_S = 0.002  # measured: 2 ms off the 95th percentile at 200 events a second
ALIVE_EVERY_S = 10.0

Send = Callable[[str], Awaitable[None]]
Replay = Callable[[Feed, int], Awaitable[tuple[int, list[str]]]]


class Client:
    """Follows some feeds, each from its own number, and gets topics' changed entries."""

    def __init__(self, send: Send, replay: Replay) -> None:
        """`replay` gives the next page of what a feed no longer holds: up to which number, and its events."""
        self.send = send
        self._replay = replay
        self.numbers: dict[Feed, int] = {}
        self.values: dict[str, dict[str, Any]] = {}
        self.woken = asyncio.Event()
        self._due = self._woken_at = 0.0
        self._saved = 0

    def wake(self) -> None:
        self._woken_at = asyncio.get_running_loop().time()
        self.woken.set()

    def tell(self, topic: str, values: dict[str, Any]) -> None:
        """Note changed entries; only the newest value of each is pushed."""
        if values:
            self.values.setdefault(topic, {}).update(values)
            self.woken.set()

    async def push_for_ever(self) -> None:
        """Push what there is whenever there is something, not too often; say so when there is nothing for long."""
        while True:
            try:
                async with asyncio.timeout(ALIVE_EVERY_S):
                    await self.woken.wait()
            except TimeoutError:
                await self.say_alive()
                continue
            await self._take_turn()
            self.woken.clear()
            await self._push()

    async def _take_turn(self) -> None:
        """Wait until the next push is due: at once after a silence, else on a beat of one in `PUSH_EVERY_S`.

        What a silence has saved is not waited for either; the beat after it is later by as much. The beat begins at a
        moment of the client's own: if all were served at the same one, most would be served late.
        """
        loop = asyncio.get_running_loop()
        now = loop.time()
        if now >= self._due:
            self._saved = min(SAVED, int((now - self._due) / PUSH_EVERY_S))
            self._due = now + PUSH_EVERY_S * random.uniform(1, 1.5)
            return
        if self._saved:
            self._saved -= 1
            self._due += PUSH_EVERY_S  # the rate holds: what goes early is taken from what follows
            return
        await asyncio.sleep(self._due - now)
        await self._let_in()
        self._due = max(self._due, loop.time() - LET_IN_S / 2) + PUSH_EVERY_S

    async def _let_in(self) -> None:
        """Give an event that is about to come a moment's time: missing the push by that, it would wait the longest."""
        if asyncio.get_running_loop().time() - self._woken_at < LET_IN_S:
            return
        self.woken.clear()
        try:
            async with asyncio.timeout(LET_IN_S):
                await self.woken.wait()
        except TimeoutError:
            pass

    async def _push(self) -> None:
        for feed in self.numbers:
            await self.bring_up(feed)
        values, self.values = self.values, {}
        for topic, changed in values.items():
            await self.say(type="values", topic=topic, values=changed)

    async def bring_up(self, feed: Feed) -> None:
        """Send all that the client does not have of a feed, from the database where the feed begins later."""
        number = self.numbers[feed]
        while number < feed.last:
            if feed.covers(number):
                number, text = feed.last, feed.frame_after(number)
            else:
                number, texts = await self._replay(feed, number)
                text = frame(feed.stream, texts)
            self.numbers[feed] = number
            await self.send(text)

    async def say_alive(self) -> None:
        await self.say(type="alive", every=ALIVE_EVERY_S)

    async def say(self, **message: Any) -> None:
        await self.send(json.dumps(message, separators=(",", ":"), ensure_ascii=False))
