"""The watchdog's main loop."""

import logging
import signal
import threading
import time
from types import FrameType

from django.db import DatabaseError, InterfaceError, connection

from controls.connectors.base import Connector
from controls.connectors.registry import open_connector
from controls.leases.end import OPEN
from controls.models import Lease, Machine
from controls.watchdog.heartbeat import Pulse
from controls.watchdog.keeper import Keeper
from controls.watchdog.takeover import Judge, note_stop, take

log = logging.getLogger(__name__)
TICK_S = 0.1
BLIND_S = 2.0  # without a look at the leases, no heartbeat
JUDGED = {Lease.State.HELD, Lease.State.PARKED}
KEPT = {Lease.State.RESTORING, Lease.State.QUIET}
OPEN_NAMES = sorted(state.value for state in OPEN)
ANY_OPEN = f"SELECT 1 FROM controls_lease WHERE machine_id = %s AND state IN ({', '.join(['%s'] * len(OPEN))}) LIMIT 1"  # noqa: S608 - marks only


class Watchdog:
    """Serves one machine until `close`."""

    def __init__(self, machine: Machine, connector: Connector) -> None:
        self.machine = machine
        self.closing = threading.Event()
        self._connector = connector
        self._judge = Judge()
        self._keepers: dict[int, Keeper] = {}
        self._looked_at = time.monotonic()
        self._pulse = Pulse(self.machine, self.watches)

    def run(self) -> None:
        self._pulse.start()
        log.info("watching %s", self.machine)
        while not self.closing.wait(TICK_S):
            try:
                if self._pulse.acting.is_set():
                    self._tick()
                self._looked_at = time.monotonic()
            except (DatabaseError, InterfaceError) as error:
                log.warning("the database does not answer: %s", error)
                connection.close()
        self._pulse.closing.set()
        for keeper in self._keepers.values():
            keeper.close()
        connection.close()

    def watches(self) -> bool:
        """Whether the main loop has got through lately; a heartbeat that goes on without it would be a lie."""
        return time.monotonic() - self._looked_at < BLIND_S

    def _tick(self) -> None:
        self._keepers = {pk: keeper for pk, keeper in self._keepers.items() if keeper.is_alive()}
        leases = self._open_leases()
        self._judge.forget({lease.pk for lease in leases})
        for lease in leases:
            if lease.state in JUDGED and (reason := self._judge.verdict(lease, lease.machine)):
                taken = take(lease, reason, gone_s=self._judge.gone_s(lease))
                if taken is not None and taken.state in KEPT:
                    self._keep(taken, reason)
            elif lease.state in KEPT:
                if not lease.stop_requested and (reason := self._judge.pulled(lease, lease.machine)):
                    note_stop(lease, reason)
                self._keep(lease, "handed over by its writer")

    def _open_leases(self) -> list[Lease]:
        """Ten times a second, and most of the time there is none: then building the whole query would cost the most."""
        with connection.cursor() as cursor:
            cursor.execute(ANY_OPEN, [self.machine.pk, *OPEN_NAMES])
            if cursor.fetchone() is None:
                return []
        leases = Lease.objects.filter(machine=self.machine, state__in=OPEN)
        return list(leases.select_related("machine__permit_channel", "snapshot"))

    def _keep(self, lease: Lease, reason: str) -> None:
        if lease.pk not in self._keepers:
            keeper = self._keepers[lease.pk] = Keeper(lease, self._connector, reason)
            keeper.start()


def run(slug: str) -> None:
    """The process `xoptweb watchdog SLUG`; ends within a second of SIGTERM or SIGINT."""
    machine = Machine.objects.select_related("permit_channel").get(slug=slug)
    connector = open_connector(machine)
    watchdog = Watchdog(machine, connector)

    def close(_signal: int, _frame: FrameType | None) -> None:
        watchdog.closing.set()

    signal.signal(signal.SIGTERM, close)
    signal.signal(signal.SIGINT, close)
    watchdog.run()
    connector.close()
