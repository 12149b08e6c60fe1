"""HTTP that takes no more from an endpoint than an answer can hold."""

from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import httpx

from agents.gateway.pieces import TooLarge, WebPage

LARGEST_ANSWER = 2_000_000  # bytes
CONNECT_S = 10.0
SERVER_FAILED = 500  # from this status on a page says that the server is ill, not that it is the wrong one
BYTE_ORDER_MARK = b"\xef\xbb\xbf"


class _Looked(httpx.AsyncByteStream):
    """A body that ends with an error where it becomes too large, or turns out to be a web page.

    It is one when it begins as markup does, whatever its header says: neither JSON nor a stream of events does that.
    """

    def __init__(self, stream: httpx.AsyncByteStream, *, may_be_page: bool) -> None:
        self._stream, self._may_be_page = stream, may_be_page

    async def __aiter__(self) -> AsyncIterator[bytes]:
        received, begun = 0, self._may_be_page
        async for part in self._stream:
            received += len(part)
            if received > LARGEST_ANSWER:
                raise TooLarge
            if not begun and (beginning := part.removeprefix(BYTE_ORDER_MARK).lstrip()):
                begun = True
                if beginning.startswith(b"<"):
                    raise WebPage
            yield part

    async def aclose(self) -> None:
        await self._stream.aclose()


class Bounded(httpx.AsyncHTTPTransport):
    """Nothing compressed is accepted: its size says nothing about what it becomes."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        request.headers["Accept-Encoding"] = "identity"
        answer = await super().handle_async_request(request)
        if answer.headers.get("Content-Encoding", "identity").lower() != "identity":
            await answer.aclose()
            raise TooLarge
        if not isinstance(answer.stream, httpx.AsyncByteStream):
            raise TypeError("an asynchronous transport gives asynchronous bodies")
        answer.stream = _Looked(answer.stream, may_be_page=answer.status_code >= SERVER_FAILED)
        return answer


def http_client(base_url: str) -> httpx.AsyncClient:
    """A client for one endpoint, through the proxy that the environment names for it."""
    parts = urlsplit(base_url)
    host = parts.hostname or ""
    proxy = None if proxy_bypass(host) else getproxies().get(parts.scheme)
    options: dict[str, Any] = {"proxy": proxy} if proxy else {}
    timeout = httpx.Timeout(None, connect=CONNECT_S)
    return httpx.AsyncClient(transport=Bounded(**options), trust_env=False, timeout=timeout, follow_redirects=False)
