"""Connections that end at a moment, however steadily the other side sends: a timeout counts from the last byte."""

import ssl
import time
from typing import Any

import httpcore


class Deadline:
    """A moment, so many seconds after this was made."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._at = seconds, time.monotonic() + seconds

    def within(self, timeout: float | None) -> float:
        """Seconds that may still be waited, at most `timeout`. Raises httpcore.ReadTimeout: none."""
        left = self._at - time.monotonic()
        if left <= 0:
            raise httpcore.ReadTimeout(f"it did not come within {self._seconds:g} s")
        return left if timeout is None else min(timeout, left)


class Until(httpcore.NetworkStream):
    """A stream of which each wait ends with the deadline."""

    def __init__(self, stream: httpcore.NetworkStream, deadline: Deadline) -> None:
        self._stream, self._deadline = stream, deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.within(timeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, self._deadline.within(timeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> "Until":
        within = self._deadline.within(timeout)
        return Until(self._stream.start_tls(ssl_context, server_hostname, within), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)
