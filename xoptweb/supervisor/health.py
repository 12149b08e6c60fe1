"""Asks the web process whether it serves pages."""

import socket
from collections.abc import Sequence
from urllib.parse import urlsplit

TIMEOUT_S = 2.0
REDIS_PORT = 6379


def answers(host: str, port: int, name: str = "localhost") -> bool:
    """Whether `GET /health/`, asked of the site `name`, answers 200. Returns at once while nobody listens."""
    try:
        with socket.create_connection((reachable(host), port), timeout=TIMEOUT_S) as connection:
            connection.sendall(f"GET /health/ HTTP/1.1\r\nHost: {name}\r\nConnection: close\r\n\r\n".encode())
            return connection.recv(64).split(b" ", 2)[1:2] == [b"200"]
    except OSError:
        return False


def listens(url: str) -> bool:
    """Whether somebody listens where a `redis://` URL leads; of other URLs nothing is known, so they pass."""
    parts = urlsplit(url)
    if parts.hostname is None:
        return True
    try:
        with socket.create_connection((parts.hostname, parts.port or REDIS_PORT), timeout=TIMEOUT_S):
            return True
    except OSError:
        return False


def name_of(allowed_hosts: Sequence[str]) -> str:
    """A host name that the site answers to."""
    name = allowed_hosts[0] if allowed_hosts else "localhost"
    return "localhost" if name == "*" else name.removeprefix(".")


def reachable(host: str) -> str:
    """An address of this host at which a server that is bound to `host` answers."""
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104


def url(host: str, port: int) -> str:
    """What a person types into the browser."""
    name = reachable(host)
    return f"http://[{name}]:{port}/" if ":" in name else f"http://{name}:{port}/"
