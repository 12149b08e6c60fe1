"""What a monitor does with the database: its sign of life, and the list of channels."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.utils import timezone

from controls.connectors.addresses import AddressList
from controls.connectors.registry import address_list
from controls.models import Channel, Heartbeat, Machine
from xoptweb.work.process import identity

log = logging.getLogger(__name__)

BEAT_S = 1.0
RELOAD_S = 2.0


class Upkeep(threading.Thread):
    """A thread of its own, so that a slow or absent database delays no value."""

    def __init__(
        self,
        machine: Machine,
        opened: AddressList,
        changed: Callable[[list[Channel]], None],
        stop: threading.Event,
    ) -> None:
        super().__init__(name="upkeep", daemon=True)
        self._machine = machine
        self._opened = opened
        self._changed = changed
        self._stop_event = stop
        self._lock = threading.Lock()
        self._lost = False

    def run(self) -> None:
        reloaded = time.monotonic()
        while not self._stop_event.wait(BEAT_S):
            due = time.monotonic() - reloaded >= RELOAD_S
            try:
                self._beat()
                if due:
                    self.reload()
                    reloaded = time.monotonic()
                self._found()
            except (DatabaseError, InterfaceError) as error:
                self._missed(error)
        connection.close()

    def reload(self) -> None:
        """Watch what the database lists now. Ends the monitor where the machine is gone or is reached otherwise."""
        with self._lock:
            machine = Machine.objects.filter(pk=self._machine.pk).first()
            if machine is None or address_list(machine) != self._opened:
                log.warning("%s: its addresses changed; the monitor ends, to be started anew", self._machine.slug)
                self._stop_event.set()
                return
            self._changed(list(Channel.objects.filter(machine=machine)))

    def _beat(self) -> None:
        now, process = timezone.now(), identity()
        row = Heartbeat.objects.filter(machine=self._machine, role=Heartbeat.Role.MONITOR)
        if not row.update(beat=F("beat") + 1, at=now, process=process):
            Heartbeat.objects.create(
                machine=self._machine, role=Heartbeat.Role.MONITOR, beat=1, at=now, process=process
            )

    def _missed(self, error: DatabaseError | InterfaceError) -> None:
        if not self._lost:
            log.warning("the database does not answer; values go on: %s", error)
        self._lost = True
        connection.close()

    def _found(self) -> None:
        if self._lost:
            log.info("the database answers again")
        self._lost = False
