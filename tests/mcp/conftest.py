"""A real server, and the official client of the protocol."""

import asyncio
import json
import sys
from collections.abc import Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from typing import Any

import httpx2
import pytest
from mcp.client import Client
from mcp.client.streamable_http import streamable_http_client

from tests import processes
from tests.pages.world import environment, linac
from tests.patience import patient
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.supervisor import health, ports

HOST = "127.0.0.1"


@pytest.fixture(scope="package")
def address(django_db_setup: None) -> Iterator[str]:
    """daphne on the tests' database; where it listens."""
    port = ports.free(HOST)
    words = ["-v", "0", "-b", HOST, "-p", str(port), "xoptweb.asgi:application"]
    with processes.running([sys.executable, "-m", "daphne", *words]):
        processes.wait_until(lambda: health.answers(HOST, port), 60, every_s=0.05, what="the server")
        yield f"http://{HOST}:{port}/mcp"


def token(user: User, *scopes: str) -> str:
    return tokens.issue(user, "an agent", scopes or ["assistant"], 1, Actor(user=user))[1]


class Outside:
    """An agent that is not ours, by the SDK's own client; `mode` is the revision of the protocol."""

    def __init__(self, address: str, secret: str, mode: str = "auto") -> None:
        self.address, self.secret, self.mode = address, secret, mode

    def tools(self) -> dict[str, Any]:
        """What it is offered, by name."""

        async def listed(session: Client) -> dict[str, Any]:
            return {tool.name: tool for tool in (await session.list_tools()).tools}

        found: dict[str, Any] = self.within(listed)
        return found

    def call(self, name: str, /, **arguments: Any) -> tuple[Any, bool]:
        """The result, and whether the call failed."""

        async def called(session: Client) -> tuple[Any, bool]:
            result = await session.call_tool(name, arguments)
            (content,) = result.content
            assert content.type == "text"
            return json.loads(content.text), bool(result.is_error)

        result, failed = self.within(called)
        return result, bool(failed)

    def within(self, do: Callable[[Client], Awaitable[Any]]) -> Any:
        async def run() -> Any:
            async with self.session() as session:
                return await do(session)

        return asyncio.run(run())

    @asynccontextmanager
    async def session(self) -> Any:
        headers = {"Authorization": f"Bearer {self.secret}", "X-Correlation-ID": "outside-1"}
        async with (
            httpx2.AsyncClient(headers=headers, timeout=patient(20)) as client,
            Client(streamable_http_client(self.address, http_client=client), mode=self.mode) as session,
        ):
            yield session


__all__ = ["Outside", "address", "environment", "linac", "token"]
