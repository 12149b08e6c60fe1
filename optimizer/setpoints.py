"""Where channels stand now, read from the control system through the monitor."""

from collections.abc import Mapping

from controls.gate.envelope import Envelope
from controls.models import Machine
from controls.monitor.values import read_now
from xoptweb.errors import Conflict, Unavailable

READ_S = 3.0
EXACT = 1e-9  # of a range; what two readings of one setpoint may differ by


def read_numbers(machine: Machine, addresses: Mapping[str, str]) -> dict[str, float]:
    """Numbers that the channels hold now, by the names given.

    Raises:
        Unavailable: the monitor is silent, or a channel does not answer or reads no number.
    """
    values = read_now(machine, set(addresses.values()), READ_S)
    found: dict[str, float] = {}
    for name, address in addresses.items():
        value = values[address].value
        if values[address].stale or isinstance(value, str) or value is None or value - value != 0:
            raise Unavailable(f"{name} ({address}) does not give a number now.", code="unreachable")
        found[name] = float(value)
    return found


def require_unmoved(machine: Machine, envelope: Envelope) -> None:
    """Return when every channel stands where it was shown, within its tolerance.

    Raises:
        Conflict: `start_changed`, naming the channels.
        Unavailable: one can't be read.
    """
    present = read_numbers(machine, {name: bound.address for name, bound in envelope.channels.items()})
    moved = [
        f"{name} is {present[name]:g} now, {bound.start:g} was shown"
        for name, bound in envelope.channels.items()
        if not abs(present[name] - bound.start) <= max(bound.tolerance, EXACT * (bound.high - bound.low))
    ]
    if moved:
        raise Conflict(f"The machine moved since this was asked: {'; '.join(moved)}.", code="start_changed")
