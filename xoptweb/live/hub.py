"""One per process: hears what was published and hands it to all clients, however many there are."""

import asyncio
import logging
import time
from collections.abc import Coroutine, Mapping, Sequence
from typing import Any
from weakref import WeakKeyDictionary

from channels.layers import get_channel_layer

from xoptweb.live import names, topics
from xoptweb.live.board import Board
from xoptweb.live.client import Client
from xoptweb.live.events import encode
from xoptweb.live.feed import Feed
from xoptweb.live.models import Stream
from xoptweb.live.reader import Reader
from xoptweb.live.services import events_after, last_number

logger = logging.getLogger(__name__)

COMPARE_EVERY_S = 2.0
PAGE = 500  # events read at once
LAYER_TIMEOUT_S = 2.0


class Hub:
    """Feeds and boards exist as long as somebody follows them. Everything here runs in one event loop."""

    def __init__(self) -> None:
        self.feeds: dict[str, Feed] = {}
        self.boards: dict[str, Board] = {}
        self.followers: dict[Feed | Board, set[Client]] = {}
        self.database, self.sources = Reader("live-database"), Reader("live-sources")
        self._heard: set[str] = set()  # groups of the channel layer that we are in
        self._channel = ""
        self._listening = asyncio.Event()
        self._deaf_until = 0.0
        self._fetching: dict[Feed, bool] = {}  # whether to fetch once more
        self._opening = asyncio.Lock()
        self._tasks = [asyncio.create_task(self._listen()), asyncio.create_task(self._compare_for_ever())]
        self._fetches: set[asyncio.Task[None]] = set()

    async def follow(self, client: Client, stream: str) -> Feed:
        """The stream's feed; from now on the client is woken when it grows."""
        async with self._opening:
            feed = self.feeds.get(stream)
            if feed is None:
                await self._hear(names.stream_group(stream))  # before reading, so that nothing falls between
                feed = self.feeds[stream] = Feed(stream, await self.database.read(last_number, stream))
                self._fetch(feed)  # what was committed while the number was read
            self.followers.setdefault(feed, set()).add(client)
        return feed

    async def watch(self, client: Client, topic: str) -> None:
        """From now on the client is told the topic's changed entries, and first all present ones."""
        async with self._opening:
            board = self.boards.get(topic)
            if board is None:
                await self._hear(names.topic_group(topic))
                board = self.boards[topic] = Board(topic)
                self.followers[board] = set()
                await self._correct(board)
            self.followers[board].add(client)
        client.tell(topic, dict(board.values))

    async def leave(self, client: Client) -> None:
        """Forget the client, and what nobody follows any more."""
        async with self._opening:
            for followed, clients in list(self.followers.items()):
                clients.discard(client)
                if not clients:
                    await self._drop(followed)

    async def replay(self, feed: Feed, number: int) -> tuple[int, list[str]]:
        """The next page of what the feed no longer holds after `number`: up to which number, and the encoded events."""
        events = await self.database.read(events_after, feed.stream, number, PAGE)
        return (events[-1].number if events else feed.begins_after), [encode(event) for event in events]

    @property
    def idle(self) -> bool:
        return not self.followers and not self._opening.locked()

    def stop(self) -> None:
        for task in [*self._tasks, *self._fetches]:
            task.cancel()
        self.database.close()
        self.sources.close()

    async def _drop(self, followed: Feed | Board) -> None:
        del self.followers[followed]
        if isinstance(followed, Feed):
            del self.feeds[followed.stream]
            group = names.stream_group(followed.stream)
        else:
            del self.boards[followed.topic]
            group = names.topic_group(followed.topic)
        if group in self._heard:
            self._heard.discard(group)
            await _quietly(get_channel_layer().group_discard(group, self._channel))

    # hearing

    async def _hear(self, group: str) -> None:
        """Join a group of the channel layer; without a broker the comparison with the database has to do."""
        now = asyncio.get_running_loop().time()
        if now < self._deaf_until:
            return
        if await _quietly(self._join(group)):
            self._heard.add(group)
        else:
            self._deaf_until = now + COMPARE_EVERY_S

    async def _join(self, group: str) -> None:
        layer = get_channel_layer()
        if not self._channel:
            self._channel = await layer.new_channel("live.")
            self._listening.set()
        await layer.group_add(group, self._channel)

    async def _listen(self) -> None:
        await self._listening.wait()
        while True:
            self._take(await get_channel_layer().receive(self._channel))

    def _take(self, message: Mapping[str, Any]) -> None:
        if message["type"] == "live.events":
            self._take_events(message["stream"], message["last"], message["events"])
        elif board := self.boards.get(message["topic"]):
            self._spread(board, board.tell(message["values"]))

    def _take_events(self, stream: str, last: int, texts: Sequence[str] | None) -> None:
        feed = self.feeds.get(stream)
        if feed is None or last <= feed.last:
            return
        if feed.take(last, texts):
            self._wake(feed)
        else:
            self._fetch(feed)

    def _spread(self, board: Board, changed: dict[str, Any]) -> None:
        for client in self.followers[board] if changed else ():
            client.tell(board.topic, changed)

    def _wake(self, feed: Feed) -> None:
        for client in self.followers.get(feed, ()):
            client.wake()

    # comparing

    def _fetch(self, feed: Feed) -> None:
        """Read what the feed misses, once however many ask for it."""
        if feed in self._fetching:
            self._fetching[feed] = True
            return
        self._fetching[feed] = True
        task = asyncio.create_task(self._fetch_now(feed))
        self._fetches.add(task)
        task.add_done_callback(self._fetches.discard)

    async def _fetch_now(self, feed: Feed) -> None:
        try:
            while self._fetching[feed]:
                self._fetching[feed] = False
                events = await self.database.read(events_after, feed.stream, feed.last, PAGE)
                if events and feed.take(events[-1].number, [encode(event) for event in events]):
                    self._wake(feed)
                    self._fetching[feed] |= len(events) == PAGE
        except Exception:  # the edge of this task: the next comparison tries again
            logger.warning("The stream %s can't be read now.", feed.stream, exc_info=True)
        finally:
            del self._fetching[feed]

    async def _compare_for_ever(self) -> None:
        while True:
            await asyncio.sleep(COMPARE_EVERY_S)
            try:
                await self._compare()
            except Exception:  # the edge of this task: the database may be away for a while
                logger.warning("Streams can't be compared with the database now.", exc_info=True)

    async def _compare(self) -> None:
        """A lost last message shows no gap, so the numbers of all streams are compared, by one query."""
        for name in [*self.feeds, *self.boards]:
            group = names.stream_group(name) if name in self.feeds else names.topic_group(name)
            if group not in self._heard:
                await self._hear(group)
        for stream, last in (await self.database.read(_last_numbers, list(self.feeds))).items():
            feed = self.feeds.get(stream)
            if feed is not None and last > feed.last:
                self._fetch(feed)
        for board in list(self.boards.values()):
            await self._correct(board)

    async def _correct(self, board: Board) -> None:
        began = time.monotonic()
        try:
            values = await self.sources.read(topics.latest, board.topic)
        except Exception:  # another app's source: whatever it raises, messages still come
            logger.warning("The entries of %s can't be read now.", board.topic, exc_info=True)
            return
        self._spread(board, board.correct(values, began))


def _last_numbers(streams: list[str]) -> dict[str, int]:
    return dict(Stream.objects.filter(name__in=streams).values_list("name", "last"))


async def _quietly(action: Coroutine[Any, Any, None]) -> bool:
    """Whether a call of the channel layer worked; an outage is no error here."""
    try:
        async with asyncio.timeout(LAYER_TIMEOUT_S):
            await action
    except Exception:  # noqa: BLE001 - redis-py, the layer and the operating system each have their own
        logger.warning("Nothing is heard from the broker; streams are read every %s s.", COMPARE_EVERY_S)
        return False
    return True


_hubs: WeakKeyDictionary[asyncio.AbstractEventLoop, Hub] = WeakKeyDictionary()


def hub() -> Hub:
    """The hub of the running event loop."""
    loop = asyncio.get_running_loop()
    if loop not in _hubs:
        _hubs[loop] = Hub()
    return _hubs[loop]


def stop_if_idle() -> None:
    """End the running loop's hub when nobody follows anything."""
    loop = asyncio.get_running_loop()
    if loop in _hubs and _hubs[loop].idle:
        _hubs.pop(loop).stop()
