"""`python -m bench.drafts ADDRESS COOKIE CONVERSATION OUT`: a websocket client that follows what a model is writing.

Says `following` when it does. At its end `OUT` has one line for each piece: when it was seen, and its text.
"""

import asyncio
import json
import signal
import sys
import time
from pathlib import Path
from urllib.parse import urlsplit

import websockets


async def follow(address: str, cookie: str, conversation: str) -> list[str]:
    host = urlsplit(address).netloc
    url = f"ws://{host}/ws/live/?s=conversation:{conversation}&t=draft:{conversation}"
    origin = websockets.Origin(f"http://{host}")
    lines: list[str] = []
    ending = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, ending.set)
    async with websockets.connect(url, origin=origin, additional_headers={"Cookie": cookie}) as socket:
        reading = asyncio.create_task(read(socket, lines))
        await ending.wait()
        reading.cancel()
    return lines


async def read(socket: websockets.ClientConnection, lines: list[str]) -> None:
    async for text in socket:
        seen = time.monotonic()
        message = json.loads(text)
        if message["type"] == "caught_up":
            sys.stdout.write("following\n")
            sys.stdout.flush()
        elif message["type"] == "values":
            lines.extend(f"{seen!r} {piece}\n" for piece in message["values"].values())


def main(words: list[str]) -> int:
    address, cookie, conversation, out = words
    Path(out).write_text("".join(asyncio.run(follow(address, cookie, conversation))))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
