"""Writes, leases and restores as tables show them."""

from collections.abc import Iterable
from dataclasses import dataclass

from controls.models import Channel, Lease, Restore, RestoreItem, Write
from controls.monitor.values import Latest
from controls.presentation import RangeBar, Value, range_bar, value_of
from xoptweb.web.values import number, units


@dataclass(frozen=True)
class Outcome:
    """A word with the manner in which it is shown: good, warn, bad, busy or nothing."""

    manner: str
    words: str
    detail: str = ""


PURPOSES = {
    Write.Purpose.EVALUATE: "evaluation",
    Write.Purpose.FINISH: "final values",
    Write.Purpose.BACK: "back to where guards held",
    Write.Purpose.SET: "set by hand",
    Write.Purpose.RESTORE: "restore",
}


@dataclass(frozen=True)
class WriteRow:
    write: Write
    purpose: str
    before: str
    value: str
    readback: str
    units: str
    outcome: Outcome


@dataclass(frozen=True)
class ChannelRow:
    """`holder` says who has the channel, when somebody has."""

    channel: Channel
    value: Value
    readback: Value | None
    low: str
    high: str
    bar: RangeBar | None
    holder: str


@dataclass(frozen=True)
class ItemRow:
    name: str
    target: str
    found: str
    units: str
    outcome: Outcome


@dataclass(frozen=True)
class LeaseRow:
    """`waits`: nothing happens until a person confirms. `foreign`: somebody else moved some of its channels."""

    lease: Lease
    channels: str
    outcome: Outcome
    restore: Restore | None
    items: list[ItemRow]
    waits: bool
    foreign: bool


ITEM_MANNERS = {
    RestoreItem.Outcome.WAITING: "busy",
    RestoreItem.Outcome.UNTOUCHED: "",
    RestoreItem.Outcome.RESTORED: "good",
    RestoreItem.Outcome.FOREIGN: "bad",
    RestoreItem.Outcome.UNREACHABLE: "bad",
    RestoreItem.Outcome.FAILED: "bad",
}
LEASE_WORDS = {
    Lease.State.HELD: Outcome("busy", "writing"),
    Lease.State.PARKED: Outcome("warn", "paused, channels kept"),
    Lease.State.RESTORING: Outcome("busy", "going back"),
    Lease.State.QUIET: Outcome("busy", "back; watching for late puts"),
    Lease.State.WAITING: Outcome("bad", "NOT restored; waits for a person"),
    Lease.State.RELEASED: Outcome("", "ended"),
}


def write_row(write: Write) -> WriteRow:
    """`write.channel` must be at hand."""
    precision = write.channel.precision
    return WriteRow(
        write=write,
        purpose=_purpose(write),
        before=number(write.before, precision),
        value=number(write.value, precision),
        readback=number(write.readback, precision),
        units=units(write.channel.units),
        outcome=write_outcome(write),
    )


def _purpose(write: Write) -> str:
    if write.purpose == Write.Purpose.FINISH and write.evaluation:
        return f"confirmation {write.evaluation}"
    words = PURPOSES[Write.Purpose(write.purpose)]
    return f"{words} {write.evaluation}" if write.evaluation else words


def write_outcome(write: Write) -> Outcome:
    """Nothing but `confirmed` is success; a missing outcome is an intent whose fate is unknown."""
    if write.outcome is None:
        return Outcome("warn", "intent without outcome", "It may or may not have reached the channel.")
    if write.outcome == Write.Outcome.CONFIRMED:
        return Outcome("good", "confirmed", write.detail)
    words = f"{write.outcome}: {write.code}" if write.code else str(write.outcome)
    return Outcome("bad", words, write.detail)


def channel_rows(channels: Iterable[Channel], latest: dict[str, Latest], holders: dict[int, str]) -> list[ChannelRow]:
    """`holders` tells by channel id who has leased it."""
    return [channel_row(channel, latest, holders.get(channel.pk, "")) for channel in channels]


def channel_row(channel: Channel, latest: dict[str, Latest], holder: str = "") -> ChannelRow:
    value = value_of(channel, latest.get(channel.address))
    readback = value_of(channel, latest.get(channel.readback), channel.readback) if channel.readback else None
    return ChannelRow(
        channel=channel,
        value=value,
        readback=readback,
        low=number(channel.low),
        high=number(channel.high),
        bar=range_bar(channel.low, channel.high, now=value, precision=channel.precision) if channel.writable else None,
        holder=holder,
    )


def lease_row(lease: Lease) -> LeaseRow:
    """`lease.locks` and `lease.restores` must be prefetched."""
    restore = max(lease.restores.all(), key=lambda one: one.pk, default=None)
    items = [item_row(item) for item in restore.items.all()] if restore else []
    foreign = restore is not None and any(item.outcome == RestoreItem.Outcome.FOREIGN for item in restore.items.all())
    return LeaseRow(
        lease=lease,
        channels=", ".join(sorted(lock.channel.name for lock in lease.locks.all())),
        outcome=LEASE_WORDS[Lease.State(lease.state)],
        restore=restore,
        items=items,
        waits=lease.state == Lease.State.WAITING,
        foreign=foreign,
    )


def item_row(item: RestoreItem) -> ItemRow:
    precision = item.channel.precision
    outcome = RestoreItem.Outcome(item.outcome)
    return ItemRow(
        name=item.channel.name,
        target=number(item.target, precision),
        found=number(item.found, precision),
        units=units(item.channel.units),
        outcome=Outcome(ITEM_MANNERS[outcome], str(outcome.label), item.detail),
    )
