"""What every control system offers: read, write, watch, metadata."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Value = float | int | str
Kind = Literal["float", "int", "enum", "string"]
Interrupt = Callable[[], bool]

INVALID_SEVERITY = 3


@dataclass(frozen=True, slots=True)
class Reading:
    """One value of a channel.

    `ioc_time` is the server's own time of the value in UNIX seconds; `severity` is 0 none, 1 minor, 2 major,
    3 invalid; `sequence` counts the updates of a watched channel, with its first value as one of them. What a server
    sends when a channel connects again is no update, unless it shows one that was missed: so where the sequence is
    above the one of `latest` after a put, the update came after that put.
    """

    value: Value
    ioc_time: float
    severity: int
    sequence: int


@dataclass(frozen=True, slots=True)
class Metadata:
    """What the server says about a channel. `low` and `high` are its control limits; equal means none are set."""

    kind: Kind
    units: str = ""
    precision: int = 0
    low: float | None = None
    high: float | None = None
    enum: tuple[str, ...] = ()
    writable: bool = False


class ConnectorError(Exception):
    """Something went wrong with one or more addresses."""

    code = "connector"

    def __init__(self, address: str, message: str) -> None:
        super().__init__(message)
        self.address = address
        self.message = message


class Unreachable(ConnectorError):
    """No answer. A write that raises this was never sent."""

    code = "unreachable"


class Unconfirmed(ConnectorError):
    """A put was sent and its completion was not heard of: it may or may not have happened."""

    code = "unconfirmed"


class PutRefused(ConnectorError):
    """The server, or the channel's type, does not take this value; nothing was changed."""

    code = "put_refused"


class NotScalar(PutRefused):
    """The channel holds an array; only scalars are read and written."""

    code = "not_scalar"


class Interrupted(Exception):
    """The caller's interrupt became true while waiting. A put that was already sent may still happen."""


class Subscription(Protocol):
    """A running subscription; `close` ends it and returns when no more callbacks can come."""

    def close(self) -> None: ...


class Connector(Protocol):
    """All methods may be called from any thread of the process that opened the connector.

    Times are seconds. An `interrupt` is asked at least every 10 ms while a call waits.
    """

    def connect(self, addresses: Iterable[str], timeout_s: float, interrupt: Interrupt | None = None) -> None:
        """Wait until all are connected. Raises Unreachable that names those that are not, or Interrupted."""

    def connected(self, address: str) -> bool:
        """Whether the channel's circuit answers, as far as is known now."""

    def read(self, address: str, timeout_s: float, interrupt: Interrupt | None = None) -> Reading:
        """The value from the server now, never from a cache. Raises Unreachable, NotScalar, Interrupted."""

    def read_all(self, addresses: Sequence[str], timeout_s: float, interrupt: Interrupt | None = None) -> list[Reading]:
        """As `read`, of several and in their order. All are asked at once, which costs one way there and back.

        Raises what `read` raises, of the first that can't be read; the error names its address.
        """

    def write(self, address: str, value: Value, timeout_s: float, interrupt: Interrupt | None = None) -> None:
        """Put, and return when the server has completed it.

        Raises Unreachable (not sent), Unconfirmed (sent, no answer), PutRefused, NotScalar, Interrupted.
        """

    def watch(self, address: str, callback: Callable[[Reading], None] | None = None) -> Subscription:
        """Subscribe to value and alarm changes.

        The callback gets every update, not the value that was there at the subscription: that is `latest`. It runs on
        the library's thread: be quick, and call nothing of the connector.
        """

    def latest(self, address: str) -> Reading | None:
        """The last value of a watched channel, also when it has disconnected since; None before the first."""

    def wait_update(
        self, address: str, after_sequence: int, timeout_s: float, interrupt: Interrupt | None = None
    ) -> Reading:
        """The latest update of a watched channel once its sequence is above `after_sequence`; 0 waits for any value.

        Raises Unreachable when none came in time or the channel has disconnected, or Interrupted.
        """

    def metadata(self, address: str, timeout_s: float = 2.0) -> Metadata:
        """Units, limits and type from the server now. Raises Unreachable, NotScalar."""

    def search_again(self) -> None:
        """Look anew for channels that have been away for some time; call it now and then."""

    def close(self) -> None:
        """End all subscriptions and channels. The connector is not used afterwards."""
