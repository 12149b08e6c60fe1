"""`python -m bench.watchers ADDRESS COOKIE STREAM COUNT OUT`: websocket clients that note when they see each event.

Says `following` when all of them follow the stream. At its end `OUT` has one line for each event that each client saw:
the payload's `at` (monotonic seconds, of whoever wrote it) and when it was seen, on the same clock.
"""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from urllib.parse import quote, urlsplit

import websockets

Seen = list[tuple[float, float]]


async def watch(address: str, cookie: str, stream: str, seen: Seen, following: asyncio.Event) -> None:
    host = urlsplit(address).netloc
    url = f"ws://{host}/ws/live/?s={quote(stream, safe=':')}"
    async with websockets.connect(
        url, origin=websockets.Origin(f"http://{host}"), additional_headers={"Cookie": cookie}
    ) as socket:
        async for text in socket:
            now = time.monotonic()
            message = json.loads(text)
            if message["type"] == "caught_up":
                following.set()
            elif message["type"] == "events":
                seen += [(e["payload"]["at"], now) for e in message["events"] if "at" in e["payload"]]


async def run(address: str, cookie: str, stream: str, count: int) -> Seen:
    """What all clients saw until SIGTERM."""
    seen: Seen = []
    followings = [asyncio.Event() for _ in range(count)]
    clients = [asyncio.create_task(watch(address, cookie, stream, seen, event)) for event in followings]
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    async with asyncio.timeout(30):
        await asyncio.gather(*(event.wait() for event in followings))
    sys.stdout.write("following\n")
    sys.stdout.flush()
    end = asyncio.create_task(ending.wait())
    await asyncio.wait([*clients, end], return_when=asyncio.FIRST_COMPLETED)
    for client in clients:
        if client.done():
            client.result()
            raise RuntimeError("a client was sent away")
        client.cancel()
    return seen


def main(words: list[str]) -> int:
    address, cookie, stream, count, out = words
    seen = asyncio.run(run(address, cookie, stream, int(count)))
    Path(out).write_text("".join(f"{written!r} {at!r}\n" for written, at in seen))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
