"""Whether the device did what it was told."""

import math
import time
from collections.abc import Iterator, Mapping, Sequence

from controls.connectors.base import (
    INVALID_SEVERITY,
    Connector,
    ConnectorError,
    Interrupt,
    Interrupted,
    Reading,
)
from controls.gate.codes import Code, Outcome, Result
from controls.gate.line import Line
from xoptweb.config import config

PATIENCE_S = 1.0  # beyond the channel's own settle time
POLL_S = 0.01


def confirm(
    lines: Sequence[Line], values: Mapping[int, float], connector: Connector, interrupt: Interrupt
) -> dict[int, Result]:
    """Compare readbacks (or setpoints, where a channel has none) with `values`, within each channel's tolerance.

    Waits for a channel's settle time and a second more before it says `mismatch`. Keys are channels' primary keys.

    Raises:
        Interrupted: a stop came meanwhile.
    """
    results: dict[int, Result] = {}
    began = time.monotonic()
    waiting = list(lines)
    while True:
        late = time.monotonic() - began
        for line, reading in _read(waiting, connector, interrupt):
            result = _compared(line, values[line.channel.pk], reading, late)
            if result is not None:
                results[line.channel.pk] = result
        waiting = [line for line in waiting if line.channel.pk not in results]
        if not waiting:
            return results
        if interrupt():
            raise Interrupted("stopped while the readback settled")
        time.sleep(POLL_S)


def _address(line: Line) -> str:
    return line.channel.readback or line.channel.address


def _read(
    lines: Sequence[Line], connector: Connector, interrupt: Interrupt
) -> Iterator[tuple[Line, Reading | ConnectorError]]:
    """Every line with what its readback is now, or why it can't be read; all that answer are asked at once."""
    asked = list(lines)
    while asked:
        addresses = [_address(line) for line in asked]
        try:
            readings = connector.read_all(addresses, config().put_timeout_s, interrupt)
        except ConnectorError as error:
            if error.address not in addresses:
                raise
            yield from ((line, error) for line in asked if _address(line) == error.address)
            asked = [line for line in asked if _address(line) != error.address]
        else:
            yield from zip(asked, readings, strict=True)
            return


def _compared(line: Line, value: float, reading: Reading | ConnectorError, late_s: float) -> Result | None:
    """What one reading says; None while it may still come right."""
    channel = line.channel
    if isinstance(reading, ConnectorError):
        return Result(channel.name, Outcome.UNCONFIRMED, Code.READBACK_UNKNOWN, reading.message, value)
    found, valid = reading.value, reading.severity < INVALID_SEVERITY
    if valid and not isinstance(found, str) and abs(found - value) <= line.tolerance:
        return Result(channel.name, Outcome.CONFIRMED, value=value, readback=float(found))
    if late_s <= channel.settle_s + PATIENCE_S:
        return None
    if not valid:
        detail = f"{_address(line)} reads {found!r}, which the IOC marks as invalid"
        return Result(channel.name, Outcome.UNCONFIRMED, Code.READBACK_UNKNOWN, detail, value)
    number = None if isinstance(found, str) or math.isnan(found) else float(found)
    detail = f"{_address(line)} reads {found!r}, {value!r} was put; tolerance {line.tolerance:g}"
    return Result(channel.name, Outcome.MISMATCH, Code.READBACK_DIFFERS, detail, value, number)
