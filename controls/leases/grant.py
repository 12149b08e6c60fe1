"""Taking a lease: all of its channels, or none."""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from django.db import DatabaseError, IntegrityError, InterfaceError
from django.db.models import F
from django.utils import timezone

from controls.connectors.base import Connector, ConnectorError
from controls.gate import now
from controls.gate.codes import Code
from controls.gate.envelope import ChannelEnvelope
from controls.gate.intents import DatabaseRecord
from controls.gate.line import Line
from controls.gate.ramp import same
from controls.gate.standing import Standing
from controls.gate.writer import Writer
from controls.leases.lockfile import LockFile, new_path
from controls.leases.upkeep import Upkeep
from controls.models import Channel, ChannelLock, Heartbeat, Lease, Machine, Snapshot, SnapshotValue
from controls.stopfile import StopFile
from xoptweb.config import config
from xoptweb.errors import Conflict, Unavailable
from xoptweb.live.services import publish
from xoptweb.transactions import transaction
from xoptweb.work.process import identity

CLOCKS_DIFFER_S = 1.0  # by which two hosts' clocks may


@dataclass
class Grant:
    """A held lease with everything that keeps it: close it when the writer is done, whatever happened."""

    lease: Lease
    writer: Writer
    standing: Standing
    upkeep: Upkeep
    lock: LockFile

    def still_held(self) -> bool:
        """Whether the lease is still ours, by the database; where that does not answer, as far as is known here."""
        try:
            state = now.read(self.lease.pk)
        except (DatabaseError, InterfaceError):
            return not self.standing.lost
        if not state.holds(self.lease.token, now.HELD):
            self.standing.lose("another process holds the lease")
        return not self.standing.lost

    def close(self) -> None:
        self.upkeep.close()
        self.lock.close()


@dataclass(frozen=True)
class Want:
    """Who wants which channels, and what for. `stops` is the machine's number of STOPs that the wish is younger than:
    one that came since stops the lease from its beginning."""

    machine: Machine
    channels: tuple[Channel, ...]
    holder: str
    label: str
    correlation: str = ""
    bounds: Mapping[int, ChannelEnvelope] | None = None
    stops: int | None = None


def read_setpoints(channels: Iterable[Channel], connector: Connector) -> dict[int, SnapshotValue]:
    """Present setpoints and readbacks, not saved yet.

    Raises:
        Unavailable: a channel does not answer or is not a number.
    """
    values = {}
    for channel in channels:
        try:
            reading = connector.read(channel.address, config().put_timeout_s)
            back = connector.read(channel.readback, config().put_timeout_s) if channel.readback else None
        except ConnectorError as error:
            raise Unavailable(f"{channel.name} can't be read: {error.message}", code=Code.UNREACHABLE) from error
        if isinstance(reading.value, str) or reading.value - reading.value != 0.0:
            raise Unavailable(f"{channel.name} reads {reading.value!r}, not a number", code=Code.NOT_A_NUMBER)
        number = float(back.value) if back is not None and not isinstance(back.value, str) else None
        values[channel.pk] = SnapshotValue(
            channel=channel,
            value=float(reading.value),
            readback=number if number is not None and math.isfinite(number) else None,
            ioc_time=reading.ioc_time,
        )
    return values


def acquire(
    want: Want,
    connector: Connector,
    *,
    listener: Callable[[], None] | None = None,
    stop_file: StopFile | None = None,
) -> Grant:
    """Take a new lease, record the snapshot to which it can be restored, and return its writer.

    `stop_file` is one that has looked from an earlier moment on.

    Raises:
        Conflict: `channels_leased`, `not_armed`, `wrong_value` (a setpoint changed while the lease was taken).
        Unavailable: a channel does not answer.
    """
    stop_file = stop_file or StopFile(want.machine.slug)  # from here on, a stop is noticed
    values = read_setpoints(want.channels, connector)
    lock = LockFile(new_path(f"{want.holder.replace(':', '-')}-{timezone.now():%Y%m%d%H%M%S%f}"))
    try:
        lease = _insert(want, values, lock)
        grant = start(lease, lock, connector, bounds=want.bounds, listener=listener, stop_file=stop_file)
    except BaseException:
        lock.close()
        raise
    _nothing_moved(want, values, connector, grant)
    return grant


def start(
    lease: Lease,
    lock: LockFile,
    connector: Connector,
    *,
    bounds: Mapping[int, ChannelEnvelope] | None,
    lines: dict[int, Line] | None = None,
    listener: Callable[[], None] | None = None,
    stop_file: StopFile | None = None,
) -> Grant:
    """The writer and the upkeep of a lease that this process holds."""
    standing = Standing(lease.duration_s, config().lease_margin_s)
    beat = Heartbeat.objects.filter(machine=lease.machine, role=Heartbeat.Role.WATCHDOG).first()
    if beat is not None:
        standing.heartbeat(beat.beat, beat_age_s(beat))
    if lines is None:
        saved = lease.snapshot.values.select_related("channel")
        lines = {v.channel_id: Line(v.channel, v.value, (bounds or {}).get(v.channel_id)) for v in saved}
    last = lease.writes.order_by("-sequence").values_list("sequence", flat=True).first() or 0
    writer = Writer(
        machine=lease.machine,
        lease_id=lease.pk,
        token=lease.token,
        lines=lines,
        connector=connector,
        standing=standing,
        record=DatabaseRecord(lease, lease.token, standing),
        sequence=last,
    )
    return Grant(lease, writer, standing, Upkeep(lease, standing, listener=listener, stop_file=stop_file), lock)


def beat_age_s(beat: Heartbeat) -> float:
    """Age of a heartbeat by its own time; infinite, until the next one is seen, where that lies in the future."""
    age = (timezone.now() - beat.at).total_seconds()
    return max(0.0, age) if age > -CLOCKS_DIFFER_S else math.inf


def next_token(machine: Machine) -> int:
    """A larger fencing token than any before; inside a transaction, whose lock on the machine orders them."""
    Machine.objects.filter(pk=machine.pk).update(last_token=F("last_token") + 1)
    return Machine.objects.values_list("last_token", flat=True).get(pk=machine.pk)


def _insert(want: Want, values: dict[int, SnapshotValue], lock: LockFile) -> Lease:
    with transaction("a lease has all of its channels or none"):
        token = next_token(want.machine)
        machine = Machine.objects.get(pk=want.machine.pk)
        if not machine.armed:
            raise Conflict(f"{machine.name} is not armed.", code=Code.NOT_ARMED)
        snapshot = Snapshot.objects.create(machine=machine, label=want.label)
        for value in values.values():
            value.snapshot = snapshot
        SnapshotValue.objects.bulk_create(values.values())
        lease = Lease.objects.create(
            machine=machine,
            holder=want.holder,
            correlation=want.correlation,
            token=token,
            duration_s=config().lease_duration_s,
            process=identity(),
            lock_path=str(lock.path),
            snapshot=snapshot,
            stops_at_grant=machine.stops if want.stops is None else want.stops,
        )
        _lock_channels(lease, want.channels)
        Machine.objects.filter(pk=machine.pk).update(active_at=timezone.now())
        publish(f"machine:{machine.slug}", "leased", {"lease": lease.pk, "holder": lease.holder})
    return lease


def _lock_channels(lease: Lease, channels: tuple[Channel, ...]) -> None:
    taken = ChannelLock.objects.filter(channel__in=channels).select_related("channel", "lease")
    if busy := list(taken):
        names = ", ".join(f"{lock.channel.name} (held by {lock.lease.holder})" for lock in busy)
        raise Conflict(f"These channels are in use: {names}.", code="channels_leased")
    try:
        ChannelLock.objects.bulk_create(ChannelLock(channel=channel, lease=lease) for channel in channels)
    except IntegrityError as error:
        raise Conflict("These channels were taken a moment ago.", code="channels_leased") from error


def _nothing_moved(want: Want, before: dict[int, SnapshotValue], connector: Connector, grant: Grant) -> None:
    """Between reading the snapshot and holding the lease, nobody else may have moved a channel."""
    from controls.leases.end import release

    try:
        after = read_setpoints(want.channels, connector)
    except BaseException:
        release(grant.lease)
        grant.close()
        raise
    lines = grant.writer.lines
    moved = [c.name for c in want.channels if not same(before[c.pk].value, after[c.pk].value, lines[c.pk].span)]
    if moved:
        release(grant.lease)
        grant.close()
        raise Conflict(f"Somebody moved {', '.join(moved)} just now.", code=Code.FOREIGN_WRITE)
