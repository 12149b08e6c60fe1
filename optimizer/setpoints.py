"""Where channels stand now, read from the control system through the monitor, and whether they still are the same."""

from collections.abc import Iterator, Mapping

from controls.gate.envelope import ChannelEnvelope, Envelope
from controls.models import Channel, Machine
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


def require_same_channels(machine: Machine, envelope: Envelope) -> None:
    """Return when the channels are what they were when this was asked: nobody has pointed one at another device since.

    A limit or a step that was narrowed since is kept by the gate; one that was widened allows nothing more, for the
    envelope holds as well.

    Raises:
        Conflict: `channel_changed`, naming the channels and what of them is different.
    """
    if machine.slug != envelope.machine:
        raise Conflict(f"This was asked for {envelope.machine}, not for {machine.slug}.", code="channel_changed")
    rows = machine.channels.in_bulk([bound.channel for bound in envelope.channels.values()])
    changed = [
        f"{name} ({', '.join(found)})"
        for name, bound in envelope.channels.items()
        if (found := list(_changes(bound, rows.get(bound.channel))))
    ]
    if changed:
        raise Conflict(f"Channels were changed since this was asked: {'; '.join(changed)}.", code="channel_changed")


def _changes(bound: ChannelEnvelope, channel: Channel | None) -> Iterator[str]:
    if channel is None:
        yield "no channel of the machine any more"
        return
    if not channel.writable:
        yield "not writable any more"
    if channel.address != bound.address:
        yield f"address {channel.address}, was {bound.address}"
    if channel.readback != bound.readback:
        yield f"readback {channel.readback or 'none'}, was {bound.readback or 'none'}"
    if channel.units != bound.units:
        yield f"units {channel.units or 'none'}, were {bound.units or 'none'}"
    if channel.tolerance > bound.tolerance:
        yield f"tolerance {channel.tolerance:g}, was {bound.tolerance:g}"
    if channel.settle_s < bound.settle_s:
        yield f"settle time {channel.settle_s:g} s, was {bound.settle_s:g} s"


def require_unmoved(machine: Machine, envelope: Envelope) -> dict[str, float]:
    """The present setpoints, where every channel is what it was and stands where it was shown, within its tolerance.

    Raises:
        Conflict: `channel_changed` or `start_changed`, naming the channels.
        Unavailable: one can't be read.
    """
    require_same_channels(machine, envelope)
    present = read_numbers(machine, {name: bound.address for name, bound in envelope.channels.items()})
    moved = [
        f"{name} is {present[name]:g} now, {bound.start:g} was shown"
        for name, bound in envelope.channels.items()
        if not abs(present[name] - bound.start) <= max(bound.tolerance, EXACT * (bound.high - bound.low))
    ]
    if moved:
        raise Conflict(f"The machine moved since this was asked: {'; '.join(moved)}.", code="start_changed")
    return present
