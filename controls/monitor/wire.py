"""What the monitor and its readers say to each other through the broker's database 2."""

import json
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal

from controls.connectors.base import INVALID_SEVERITY, Value

SILENCE_S = 5.0  # a monitor that has not beaten for this long is not there
REPLY_KEPT_S = 30  # a reply that nobody fetches is forgotten after this
REQUESTS_KEPT_S = 30  # so are requests that no monitor takes


def values_key(slug: str) -> str:
    """Hash of address → `Latest` as JSON."""
    return f"values:{slug}"


def alive_key(slug: str) -> str:
    """Expires `SILENCE_S` after the monitor's last beat, by the broker's own clock."""
    return f"monitor:{slug}"


def requests_key(slug: str) -> str:
    """List of `Request` as JSON."""
    return f"requests:{slug}"


def reply_key(number: str) -> str:
    """List that receives the one reply to a request."""
    return f"reply:{number}"


@dataclass(frozen=True, slots=True)
class Latest:
    """The last value known of an address.

    `ioc_time` is the server's UNIX time of the value, `seen_at` the monitor's when it arrived; `text` is the value
    as people read it. A stale value says nothing about now: its channel or the monitor does not answer.
    """

    value: Value | None = None
    ioc_time: float | None = None
    seen_at: float | None = None
    severity: int = INVALID_SEVERITY
    connected: bool = False
    stale: bool = True
    text: str = ""

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, raw: str | bytes) -> "Latest":
        return cls(**json.loads(raw))

    def aged(self) -> "Latest":
        """The same value, known to be stale."""
        return replace(self, stale=True)


UNKNOWN = Latest()

Kind = Literal["read", "collect", "history"]


@dataclass(frozen=True, slots=True)
class Request:
    """A question to the monitor; `timeout_s` counts from when it takes it."""

    number: str
    kind: Kind
    arguments: dict[str, Any]
    timeout_s: float

    def as_json(self) -> str:
        return json.dumps(asdict(self))

    @classmethod
    def from_json(cls, raw: str | bytes) -> "Request":
        return cls(**json.loads(raw))
