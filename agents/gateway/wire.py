"""The conversation with an endpoint: one request, an answer in pieces, cancelled whenever that is wished."""

import asyncio
import queue
import time
from collections.abc import Callable
from concurrent.futures import CancelledError
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel

from agents.gateway import background
from agents.gateway.failures import Failure
from agents.gateway.pieces import Piece, Reply
from agents.gateway.profiles import NO_KEY, Profile
from agents.gateway.request import Cancelled

if TYPE_CHECKING:
    from openai import AsyncOpenAI

OnText = Callable[[str], None]
Stop = Callable[[], bool]

LOOK_EVERY_S = 0.2
LONGEST = 20  # times the silence that a profile allows; no streamed answer takes longer

_clients: dict[tuple[str, str, int], "AsyncOpenAI"] = {}


def exchange(profile: Profile, body: dict[str, Any], *, on_text: OnText | None, cancelled: Stop | None) -> Reply:
    """Send a request and wait for the whole answer; with `on_text` it is streamed.

    Raises:
        Cancelled: `cancelled` said so; it is asked several times a second.
        Exception: whatever the client raises; see `failures`.
    """
    inbox: queue.SimpleQueue[str | None] = queue.SimpleQueue()
    work = _streamed(profile, body, inbox.put) if on_text else _whole(profile, body)
    future = asyncio.run_coroutine_threadsafe(work, background.loop())
    future.add_done_callback(lambda _: inbox.put(None))
    try:
        _pass_on(inbox, on_text, cancelled)
        return future.result()
    except CancelledError:
        raise Cancelled("The call was cancelled.") from None
    finally:
        future.cancel()


def _pass_on(inbox: "queue.SimpleQueue[str | None]", on_text: OnText | None, cancelled: Stop | None) -> None:
    """Hand over the text as it comes, until the answer has ended."""
    looked = time.monotonic()
    while True:
        try:
            text = inbox.get(timeout=LOOK_EVERY_S)
        except queue.Empty:
            text = ""
        if text is None:
            return
        if text and on_text is not None:
            on_text(text)
        if cancelled is not None and time.monotonic() - looked >= LOOK_EVERY_S:
            looked = time.monotonic()
            if cancelled():
                raise Cancelled("The call was cancelled.")


async def _whole(profile: Profile, body: dict[str, Any]) -> Reply:
    create = client(profile).chat.completions.create  # what this loads is no silence of the model's
    async with asyncio.timeout(profile.timeout_s):
        answer = await create(**body)
    reply = Reply()
    reply.take(_piece(answer))
    if not reply.finish and not reply.text and not reply.calls:
        raise Failure("The model's answer holds nothing.", code="nonsense")
    return reply


async def _streamed(profile: Profile, body: dict[str, Any], put: Callable[[str], None]) -> Reply:
    reply = Reply()
    body = body | {"stream": True, "stream_options": {"include_usage": True}}
    create = client(profile).chat.completions.create  # as above
    async with asyncio.timeout(profile.timeout_s * LONGEST):
        async with asyncio.timeout(profile.timeout_s) as silence:
            stream = await create(**body)
            async with stream:
                async for part in stream:
                    silence.reschedule(asyncio.get_running_loop().time() + profile.timeout_s)
                    if text := reply.take(_piece(part)):
                        put(text)
    if not reply.finish:
        raise Failure("The model's answer was cut off.", code="cut_off", again=not reply.texts, ill=True)
    return reply


def _piece(answer: Any) -> Piece:
    """Checked anew: the client takes whatever an endpoint sends."""
    if not isinstance(answer, BaseModel):
        raise Failure("What the endpoint sent is not the answer of a model.", code="nonsense")
    return Piece.model_validate(answer.model_dump(warnings=False))


def client(profile: Profile) -> "AsyncOpenAI":
    """A client that is kept for the next call. It reads no key but the profile's own."""
    from openai import AsyncOpenAI

    from agents.gateway.transport import http_client

    known = (profile.base_url, profile.key, id(background.loop()))
    if known not in _clients:
        _clients[known] = AsyncOpenAI(
            base_url=profile.base_url,
            api_key=profile.key or NO_KEY,
            max_retries=0,
            http_client=http_client(profile.base_url),
        )
    return _clients[known]
