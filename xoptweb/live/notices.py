"""Telling the web processes what was committed, from a thread that no writer waits for."""

import asyncio
import threading
from collections.abc import Callable
from typing import Any

from channels.layers import get_channel_layer

from xoptweb.courier import Courier

CAPACITY = 2000
SEND_TIMEOUT_S = 2.0

Message = Callable[[], dict[str, Any]]
Notice = tuple[str, Message]
"""Group, and what makes the message, in the courier's thread: no writer waits for it."""


class _Thread(threading.local):
    """One event loop for the thread's life: the channel layer keeps a connection for each loop."""

    runner: asyncio.Runner | None = None


_thread = _Thread()


def _deliver(notices: list[Notice]) -> None:
    if _thread.runner is None:
        _thread.runner = asyncio.Runner()
    _thread.runner.run(_send_all(notices))


async def _send_all(notices: list[Notice]) -> None:
    layer = get_channel_layer()
    async with asyncio.timeout(SEND_TIMEOUT_S):
        for group, message in notices:
            await layer.group_send(group, message())


courier: Courier[Notice] = Courier("live notices", _deliver, capacity=CAPACITY)


def tell(group: str, message: Message) -> None:
    """Send what `message` makes to the group soon, or never; never blocks, never raises. Readers ask the database."""
    courier.post((group, message))


def flush(timeout_s: float) -> bool:
    """For a process that is about to end: wait until all notices are out."""
    return courier.flush(timeout_s)
