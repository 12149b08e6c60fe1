"""`python -m bench.rivals.broadcast STREAM`: relays a broker's channel to websockets; nobody is asked who they are.

Says the port it listens on.
"""

import asyncio
import sys

import redis.asyncio as redis
import websockets

from xoptweb.config import config

HELLO = '{"type":"caught_up"}'


async def relay(stream: str) -> None:
    clients: set[websockets.ServerConnection] = set()

    async def serve(client: websockets.ServerConnection) -> None:
        clients.add(client)
        await client.send(HELLO)
        await client.wait_closed()
        clients.discard(client)

    async with websockets.serve(serve, "127.0.0.1", 0) as server:
        broker = redis.Redis.from_url(config().broker(3)).pubsub()
        await broker.subscribe(stream)
        sys.stdout.write(f"{next(iter(server.sockets)).getsockname()[1]}\n")
        sys.stdout.flush()
        async for message in broker.listen():
            if message["type"] == "message":
                websockets.broadcast(clients, message["data"].decode())


if __name__ == "__main__":
    asyncio.run(relay(sys.argv[1]))
