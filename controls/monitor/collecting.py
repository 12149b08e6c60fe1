"""Gathering fresh values of several channels at once."""

import math
import time
from collections.abc import Mapping
from dataclasses import dataclass, field

from controls.connectors.base import (
    INVALID_SEVERITY,
    Connector,
    ConnectorError,
    Interrupt,
    Interrupted,
    Reading,
)

POLL_S = 0.01
ASK_S = 0.2  # a channel without updates is asked this often: it may have been processed without changing
ANSWER_S = 0.5


@dataclass
class Series:
    """Fresh values of one address. `ioc_time` is that of the last value taken, at first of the value at the start."""

    address: str
    wanted: int
    ioc_time: float
    sequence: int
    values: list[float] = field(default_factory=list)
    asked_at: float = field(default_factory=time.monotonic)
    by_asking: bool = True

    def missing(self) -> bool:
        return len(self.values) < self.wanted

    def updated(self, reading: Reading | None) -> None:
        """Take an update in, unless asking has found the same value before."""
        if reading is None or reading.sequence <= self.sequence:
            return
        self.sequence = reading.sequence
        if not (self.by_asking and reading.ioc_time == self.ioc_time):
            self._take(reading, by_asking=False)

    def answered(self, reading: Reading) -> None:
        """Take an answer in, if the server has made the value since the last one."""
        self.asked_at = time.monotonic()
        if reading.ioc_time > self.ioc_time:
            self._take(reading, by_asking=True)

    def _take(self, reading: Reading, *, by_asking: bool) -> None:
        usable = reading.severity < INVALID_SEVERITY and not isinstance(reading.value, str)
        self.values.append(float(reading.value) if usable else math.nan)
        self.ioc_time, self.by_asking, self.asked_at = reading.ioc_time, by_asking, time.monotonic()


class TooFew(Exception):
    """Not all values came in time."""


def collect(
    connector: Connector, samples: Mapping[str, int], timeout_s: float, interrupt: Interrupt
) -> dict[str, list[float]]:
    """`samples` fresh values of each watched address.

    Raises:
        TooFew: names the addresses and how many values came of each.
        Unreachable: an address does not answer at the start.
        Interrupted: `interrupt` became true.
    """
    deadline = time.monotonic() + timeout_s
    series = [_begin(connector, address, number, timeout_s) for address, number in samples.items()]
    while pending := [one for one in series if one.missing()]:
        if interrupt():
            raise Interrupted
        if time.monotonic() >= deadline:
            raise TooFew("; ".join(f"{one.address}: {len(one.values)} of {one.wanted} values" for one in pending))
        for one in pending:
            _advance(connector, one)
        time.sleep(POLL_S)
    return {one.address: one.values for one in series}


def _begin(connector: Connector, address: str, number: int, timeout_s: float) -> Series:
    reading = connector.read(address, timeout_s)
    return Series(address, number, reading.ioc_time, reading.sequence)


def _advance(connector: Connector, one: Series) -> None:
    one.updated(connector.latest(one.address))
    if one.missing() and time.monotonic() - one.asked_at >= ASK_S:
        try:
            one.answered(connector.read(one.address, ANSWER_S))
        except ConnectorError:
            one.asked_at = time.monotonic()  # it may come back before the time is over; if not, TooFew names it
