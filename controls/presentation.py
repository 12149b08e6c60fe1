"""Channels, values, conditions and leases as pages show them."""

import math
from dataclasses import dataclass
from datetime import UTC, datetime

from controls.models import Channel
from controls.monitor.values import Latest
from xoptweb.web.values import duration, number, units

SEVERITIES = ("", "minor alarm", "major alarm", "invalid")


@dataclass(frozen=True)
class Value:
    """One channel's value, ready to be shown and to be followed live by its address."""

    address: str
    text: str
    units: str = ""
    stale: bool = True
    severity: int = 0
    title: str = ""
    number: float | None = None


@dataclass(frozen=True)
class RangeBar:
    """Positions in per cent of the limits, as SVG attributes want them. An absent mark is the empty string."""

    label: str
    low: str = ""
    high: str = ""
    band: tuple[str, str] | None = None
    start: str = ""
    best: str = ""
    now: str = ""
    address: str = ""
    stale: bool = False
    outside: bool = False


def value_of(channel: Channel, latest: Latest | None, address: str = "") -> Value:
    """`channel`'s value, or that of another of its addresses (its readback), with its age in words."""
    address = address or channel.address
    if latest is None:
        return Value(address, number(None), units(channel.units), title="The monitor has never seen this channel.")
    return Value(
        address=address,
        text=latest.text or number(latest.value, channel.precision),
        units=units(channel.units),
        stale=latest.stale,
        severity=latest.severity,
        title=_title(latest),
        number=as_number(latest.value),
    )


def as_number(value: object) -> float | None:
    """The finite number in `value`, if it is one."""
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        return None
    return float(value)


def _title(latest: Latest) -> str:
    words = []
    if not latest.connected:
        words.append("not connected")
    if latest.stale:
        words.append("old value")
    if 0 < latest.severity < len(SEVERITIES):
        words.append(SEVERITIES[latest.severity])
    if latest.ioc_time:
        at = datetime.fromtimestamp(latest.ioc_time, UTC)
        words.append(f"from {at:%H:%M:%S} UTC, {duration(max(0.0, (datetime.now(UTC) - at).total_seconds()))} ago")
    return ", ".join(words)


def range_bar(
    low: float | None,
    high: float | None,
    *,
    now: Value | None = None,
    band: tuple[float, float] | None = None,
    start: float | None = None,
    best: float | None = None,
    precision: int = 3,
) -> RangeBar | None:
    """Limits, envelope, start, best and now on one line; nothing where there are no limits."""
    if low is None or high is None or not low < high:
        return None

    def place(value: float) -> str:
        return f"{100 * min(1.0, max(0.0, (value - low) / (high - low))):.2f}"

    present = now.number if now else None
    return RangeBar(
        label=_bar_label(low, high, band, present, best, precision),
        low=repr(low),
        high=repr(high),
        band=(place(band[0]), f"{float(place(band[1])) - float(place(band[0])):.2f}") if band else None,
        start=place(start) if start is not None else "",
        best=place(best) if best is not None else "",
        now=place(present) if present is not None else "",
        address=now.address if now else "",
        stale=bool(now and now.stale),
        outside=present is not None and not low <= present <= high,
    )


def _bar_label(
    low: float, high: float, band: tuple[float, float] | None, now: float | None, best: float | None, precision: int
) -> str:
    parts = [f"limits {number(low)} to {number(high)}"]
    if band:
        parts.append(f"allowed {number(band[0], precision)} to {number(band[1], precision)}")
    if now is not None:
        parts.append(f"now {number(now, precision)}")
    if best is not None:
        parts.append(f"best {number(best, precision)}")
    return ", ".join(parts)
