"""JSON-RPC 2.0 on two pipes of our own, one message a line."""

from __future__ import annotations

import json
import os
import threading
from typing import Any

CHUNK = 1 << 16


class Wire:
    """One conversation with the host; requests wait for their answers one after the other."""

    def __init__(self, read_fd: int, write_fd: int) -> None:
        self._read_fd, self._write_fd = read_fd, write_fd
        for fd in (read_fd, write_fd):
            os.set_inheritable(fd, False)
        os.register_at_fork(after_in_child=self._forget)
        self._owner = os.getpid()
        self._buffer = bytearray()
        self._asking = threading.Lock()
        self._writing = threading.Lock()
        self._number = 0

    def receive(self) -> dict[str, Any] | None:
        """The next message; None when the host has gone."""
        searched = 0
        while (end := self._buffer.find(b"\n", searched)) < 0:
            searched = len(self._buffer)
            chunk = os.read(self._read_fd, CHUNK)
            if not chunk:
                return None
            self._buffer += chunk
        line = bytes(self._buffer[:end])
        del self._buffer[: end + 1]
        message: dict[str, Any] = json.loads(line)
        return message

    def ask(self, method: str, params: dict[str, Any]) -> Any:
        """The host's answer.

        Raises:
            Answered: it says no.
            EOFError: it has gone, or this is a forked process, which has no host.
        """
        with self._asking:
            self._number += 1
            self._send({"id": self._number, "method": method, "params": params})
            message = self.receive()
        if message is None:
            raise EOFError("The host has gone.")
        if "error" in message:
            raise Answered(message["error"]["code"], message["error"]["message"])
        return message.get("result")

    def tell(self, method: str, params: dict[str, Any]) -> None:
        self._send({"method": method, "params": params})

    def answer(self, number: Any, result: Any) -> None:
        self._send({"id": number, "result": result})

    def refuse(self, number: Any, message: str, data: dict[str, Any] | None = None) -> None:
        self._send({"id": number, "error": {"code": -32000, "message": message, "data": data or {}}})

    def _send(self, message: dict[str, Any]) -> None:
        if os.getpid() != self._owner:
            raise EOFError("Only the process that the module began in can talk to the host.")
        view = memoryview(json.dumps({"jsonrpc": "2.0", **message}).encode() + b"\n")
        with self._writing:
            while view:
                view = view[os.write(self._write_fd, view) :]

    def _forget(self) -> None:
        """A forked process must not hold the host's pipes open."""
        for fd in (self._read_fd, self._write_fd):
            try:
                os.close(fd)
            except OSError:  # the module's code has closed it
                continue


class Answered(Exception):
    """The host answered with an error."""

    def __init__(self, code: int, message: str) -> None:
        super().__init__(message)
        self.code = code
