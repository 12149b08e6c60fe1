"""The addresses that a monitor watches, and what is known of each."""

import logging
import math
import threading
import time
from dataclasses import dataclass, field

from controls.connectors.base import Connector, ConnectorError, Metadata, Reading, Subscription, Value
from controls.models import Channel
from controls.monitor.ring import Ring
from controls.monitor.wire import Latest
from xoptweb.web.values import number

log = logging.getLogger(__name__)


@dataclass
class Watched:
    """One address: its subscription, its day, and what was last told of it."""

    address: str
    precision: int
    subscription: Subscription
    ring: Ring = field(default_factory=Ring)
    metadata: Metadata | None = None
    told: Latest | None = None

    def text(self, value: Value | None) -> str:
        """The value as people read it: with the channel's decimals, or by its label."""
        labels = self.metadata.enum if self.metadata is not None else ()
        if isinstance(value, int) and 0 <= value < len(labels):
            return number(labels[value])
        return number(value, self.precision)


class WatchList:
    """Read by the publishing, the asking and the reloading thread; `lock` guards the dictionary alone."""

    def __init__(self, connector: Connector) -> None:
        self.connector = connector
        self._lock = threading.Lock()
        self._watched: dict[str, Watched] = {}

    def reload(self, channels: list[Channel]) -> list[str]:
        """Watch these channels and their readbacks, and nothing else. Returns the addresses that are gone."""
        wanted = {channel.readback: channel.precision for channel in channels if channel.readback}
        wanted |= {channel.address: channel.precision for channel in channels}
        gone = [address for address in self.addresses() if address not in wanted]
        for address, precision in wanted.items():
            known = self.get(address)
            if known is None:
                self._add(address, precision)
            elif known.precision != precision:
                known.precision, known.told = precision, None
        for address in gone:
            with self._lock:
                watched = self._watched.pop(address)
            watched.subscription.close()
        return gone

    def addresses(self) -> list[str]:
        with self._lock:
            return list(self._watched)

    def every(self) -> list[Watched]:
        with self._lock:
            return list(self._watched.values())

    def get(self, address: str) -> Watched | None:
        with self._lock:
            return self._watched.get(address)

    def changes(self, *, everything: bool = False) -> dict[str, Latest]:
        """What is different from what was last told; with `everything`, all there is."""
        changes = {}
        for watched in self.every():
            present = self.latest(watched)
            if everything or watched.told is None or _differs(present, watched.told):
                watched.told = changes[watched.address] = present
        return changes

    def latest(self, watched: Watched, reading: Reading | None = None) -> Latest:
        """What is known of an address now, by `reading` or else by its last update."""
        connected = reading is not None or self.connector.connected(watched.address)
        reading = reading or self.connector.latest(watched.address)
        if reading is None:
            return Latest(connected=connected)
        return Latest(
            value=reading.value,
            ioc_time=reading.ioc_time,
            seen_at=time.time(),
            severity=reading.severity,
            connected=connected,
            stale=not connected,
            text=watched.text(reading.value),
        )

    def remember(self) -> None:
        """Add the present values to the day's history."""
        now = time.time()
        for watched in self.every():
            reading = self.connector.latest(watched.address)
            usable = reading is not None and not isinstance(reading.value, str)
            value = float(reading.value) if reading is not None and usable else math.nan
            watched.ring.add(now, value if self.connector.connected(watched.address) else math.nan)

    def learn(self) -> None:
        """Ask for the labels of channels that connected; one that does not answer ends the round."""
        for watched in self.every():
            if watched.metadata is None and self.connector.connected(watched.address):
                try:
                    watched.metadata = self.connector.metadata(watched.address, 0.5)
                except ConnectorError as error:
                    log.info("no metadata of %s: %s", watched.address, error.message)
                    return
                watched.told = None

    def _add(self, address: str, precision: int) -> None:
        try:
            watched = Watched(address, precision, self.connector.watch(address))
        except ConnectorError as error:
            log.warning("not watched: %s", error.message)
            return
        with self._lock:
            self._watched[address] = watched


def _differs(present: Latest, told: Latest) -> bool:
    return (present.ioc_time, present.severity, present.connected, present.text) != (
        told.ioc_time, told.severity, told.connected, told.text,
    ) or repr(present.value) != repr(told.value)  # fmt: skip
