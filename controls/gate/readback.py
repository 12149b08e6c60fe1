"""Whether the device did what it was told."""

import math
import time

from controls.connectors.base import Connector, ConnectorError, Interrupt, Interrupted
from controls.gate.codes import Code, Outcome, Result
from controls.gate.line import Line
from xoptweb.config import config

PATIENCE_S = 1.0  # beyond the channel's own settle time
POLL_S = 0.01


def confirm(line: Line, value: float, connector: Connector, interrupt: Interrupt) -> Result:
    """Compare the readback (or the setpoint, where a channel has none) with `value`, within the tolerance.

    Waits for the channel's settle time and a second more before it says `mismatch`.

    Raises:
        Interrupted: a stop came meanwhile.
    """
    channel = line.channel
    address = channel.readback or channel.address
    deadline = time.monotonic() + channel.settle_s + PATIENCE_S
    while True:
        try:
            reading = connector.read(address, config().put_timeout_s, interrupt)
        except ConnectorError as error:
            return Result(channel.name, Outcome.UNCONFIRMED, Code.READBACK_UNKNOWN, error.message, value)
        found = reading.value
        if not isinstance(found, str) and abs(found - value) <= line.tolerance:
            return Result(channel.name, Outcome.CONFIRMED, value=value, readback=float(found))
        if time.monotonic() > deadline:
            break
        if interrupt():
            raise Interrupted("stopped while the readback settled")
        time.sleep(POLL_S)
    number = None if isinstance(found, str) or math.isnan(found) else float(found)
    detail = f"{address} reads {found!r}, {value!r} was put; tolerance {line.tolerance:g}"
    return Result(channel.name, Outcome.MISMATCH, Code.READBACK_DIFFERS, detail, value, number)
