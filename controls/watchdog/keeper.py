"""The thread that brings one lease home: restore, watch until the IOC has been quiet, release."""

import logging
import threading
import time

from django.db import connection
from django.utils import timezone

from controls import holders, journal
from controls.connectors.base import Connector, ConnectorError
from controls.gate.codes import Code, Outcome
from controls.gate.intents import DatabaseRecord
from controls.gate.now import RETURNING
from controls.gate.ramp import same
from controls.gate.standing import Standing
from controls.gate.writer import Writer
from controls.leases.end import release
from controls.models import Lease, Restore
from controls.restore import record
from controls.restore.lines import lines_of
from controls.restore.run import Item, Report, consent, restore_all
from controls.watchdog.takeover import claim
from xoptweb.config import config
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)

RETRY_S = 0.5
QUIET_POLL_S = 0.25
CONNECT_S = 1.0
ATTENDED_S = 5.0  # how often a lease that is kept is marked as looked after
ALONE = "Nobody has looked after it for long; a person must confirm the restore."
FOREVER_S = 1e9  # the watchdog's own leases do not run out: a successor takes them by token


class Closed(Exception):
    """The watchdog ends while it waits for the IOC to have been quiet."""


class Keeper(threading.Thread):
    """Ends when the lease is released, waits for a person, or was taken by another watchdog."""

    def __init__(self, lease: Lease, connector: Connector, reason: str) -> None:
        super().__init__(name=f"lease {lease.pk}", daemon=True)
        self.lease = lease
        self.reason = reason
        self._connector = connector
        self._standing = Standing(FOREVER_S, 0.0)
        self._told = ""
        self._alone = False
        self._closing = threading.Event()

    def close(self) -> None:
        """Leave the lease to the next watchdog; a step that is under way is finished."""
        self._closing.set()
        self._standing.lose("this watchdog ends")
        self.join(timeout=2)

    def run(self) -> None:
        try:
            self._keep()
        except Closed:
            log.info("lease %s is left to the next watchdog", self.lease.pk)
        except Exception:
            log.exception("keeping lease %s failed; it is tried again", self.lease.pk)
            self._closing.wait(RETRY_S)
        finally:
            connection.close()

    def _keep(self) -> None:
        lease = claim(self.lease)
        if lease is None:
            return
        journal.import_for(lease.pk)
        self._connect()
        writer = self._writer()
        while True:
            if lease.state == Lease.State.RESTORING and not self._restore(writer):
                return
            if self._quiet(writer):
                break
            move(lease, Lease.State.RESTORING)
        if release(lease):
            log.info("released lease %s", lease.pk)
            holders.tell(lease, lambda holder: holder.released(lease))

    # -- restoring

    def _restore(self, writer: Writer) -> bool:
        """True when all is back. Retries while the IOC or the permit is away; else leaves it to a person."""
        if not self._attend():
            return self._leave_to_person(ALONE)
        restore = record.begin(self.lease, by="watchdog", reason=self.reason)
        consent(writer, record.forced(restore))
        while True:
            report = restore_all(writer)
            if report.lost:
                return False
            if report.blocked_code == Code.NOT_ARMED:
                return self._wait_for_person(restore, report, report.blocked)
            if not report.worth_retrying:
                break
            record.save(restore, report, final=False)
            self._say_waiting(report)
            self._closing.wait(RETRY_S)
            if not self._attend():
                return self._leave_to_person(ALONE)
            self._connect()
        record.save(restore, report, final=True)
        return self._ended(restore, report)

    def _ended(self, restore: Restore, report: Report) -> bool:
        move(self.lease, Lease.State.QUIET if report.done else Lease.State.WAITING)
        holders.tell(self.lease, lambda holder: holder.restored(self.lease, restore))
        return report.done

    def _wait_for_person(self, restore: Restore, report: Report, reason: str) -> bool:
        record.save(restore, report, final=False)
        return self._leave_to_person(reason)

    def _attend(self) -> bool:
        """Mark the lease as looked after; false once nobody has for so long that a person has to be asked.

        That is a night's power cut, with a watchdog that begins where another ended, or a host that slept. By the time
        of day, which alone goes on meanwhile; a gap from the future is as doubtful as a long one.
        """
        now = timezone.now()
        gap_s = abs((now - self.lease.renewed_at).total_seconds())
        self._alone = self._alone or gap_s > config().lease_automatic_s
        if gap_s > ATTENDED_S:
            Lease.objects.filter(pk=self.lease.pk, token=self.lease.token).update(renewed_at=now)
            self.lease.renewed_at = now
        return not self._alone

    def _leave_to_person(self, reason: str) -> bool:
        with transaction("a restore waits for a person"):
            move(self.lease, Lease.State.WAITING)
            publish(f"machine:{self.lease.machine.slug}", "waiting", {"lease": self.lease.pk, "reason": reason})
        holders.tell(self.lease, lambda holder: holder.waiting(self.lease, reason))
        return False

    def _say_waiting(self, report: Report) -> None:
        """Tell the holder once why the way back takes long."""
        reason = report.blocked or "; ".join(
            item.detail for item in report.items.values() if item.outcome == Item.UNREACHABLE
        )
        if reason == self._told:
            return
        self._told = reason
        holders.tell(self.lease, lambda holder: holder.waiting(self.lease, f"Retrying: {reason}"))

    # -- waiting until nothing can come any more

    def _quiet(self, writer: Writer) -> bool:
        """True once the IOC has answered without a break for long enough; False when a late put must be undone."""
        late = self._late_values()
        since = time.monotonic()
        while time.monotonic() - since < config().lease_quiet_s:
            if self._closing.is_set():
                raise Closed
            self._attend()
            for pk, line in writer.lines.items():
                try:
                    reading = self._connector.read(line.channel.address, CONNECT_S)
                except ConnectorError:
                    since = time.monotonic()
                    self._connector.search_again()
                    continue
                value = float(reading.value)
                if same(value, line.start, line.span):
                    continue
                if any(same(value, put, line.span) for put in late.get(pk, ())):
                    log.warning("%s took the late value %r; it is restored again", line.channel.name, value)
                    line.unresolved.append(value)
                    line.touched = line.touched or 0
                    self.reason = "a put of the dead writer landed after the restore"
                    return False
            self._closing.wait(min(QUIET_POLL_S, max(config().lease_quiet_s / 4, 0.01)))
        return True

    def _late_values(self) -> dict[int, list[float]]:
        """Values that were sent and never answered for: they can still land."""
        late: dict[int, list[float]] = {}
        for write in self.lease.writes.all():
            unknown = write.outcome is None or (write.outcome == Outcome.UNCONFIRMED and write.code == Code.NO_ANSWER)
            if unknown and write.value is not None:
                late.setdefault(write.channel_id, []).append(write.value)
        return late

    # -- parts

    def _writer(self) -> Writer:
        last = self.lease.writes.order_by("-sequence").values_list("sequence", flat=True).first() or 0
        return Writer(
            machine=self.lease.machine,
            lease_id=self.lease.pk,
            token=self.lease.token,
            lines=lines_of(self.lease),
            connector=self._connector,
            standing=self._standing,
            record=DatabaseRecord(self.lease, self.lease.token, self._standing),
            states=RETURNING,
            sequence=last,
        )

    def _connect(self) -> None:
        addresses = {v.channel.address for v in self.lease.snapshot.values.select_related("channel")}
        addresses |= {v.channel.readback for v in self.lease.snapshot.values.select_related("channel")} - {""}
        if permit := self.lease.machine.permit_channel:
            addresses.add(permit.address)
        self._connector.search_again()
        try:
            self._connector.connect(addresses, CONNECT_S)
        except ConnectorError as error:
            log.info("lease %s: %s", self.lease.pk, error.message)
