"""The watchdog's sign of life, and which of two watchdogs acts."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.utils import timezone

from controls.models import Heartbeat, Machine
from xoptweb.config import config
from xoptweb.work.process import alive, identity

log = logging.getLogger(__name__)
BEAT_S = 1.0
ROLE = Heartbeat.Role.WATCHDOG


class Pulse(threading.Thread):
    """Beats once a second while this process acts; takes over when the other has been silent.

    `watches` tells whether what the beat stands for is done: who looks after no lease shows no life.
    """

    def __init__(self, machine: Machine, watches: Callable[[], bool] = lambda: True) -> None:
        super().__init__(name="heartbeat", daemon=True)
        self._watches = watches
        self.acting = threading.Event()
        self.closing = threading.Event()
        self._machine = machine
        self._seen = (-1, 0.0)

    def run(self) -> None:
        while not self.closing.is_set():
            try:
                if self._watches():
                    self._beat()
            except (DatabaseError, InterfaceError) as error:
                log.warning("no heartbeat: %s", error)
                connection.close()
            self.closing.wait(BEAT_S if self.acting.is_set() else 0.2)
        connection.close()

    def _beat(self) -> None:
        mine = Heartbeat.objects.filter(machine=self._machine, role=ROLE, process=identity())
        if mine.update(beat=F("beat") + 1, at=timezone.now()):
            self.acting.set()
            return
        if self.acting.is_set():
            log.warning("another watchdog acts now")
            self.acting.clear()
        self._stand_by()

    def _stand_by(self) -> None:
        other = Heartbeat.objects.filter(machine=self._machine, role=ROLE).first()
        if other is None:
            Heartbeat.objects.get_or_create(
                machine=self._machine, role=ROLE, defaults={"process": identity(), "at": timezone.now()}
            )
            return
        if other.beat != self._seen[0]:
            self._seen = (other.beat, time.monotonic())
        silent = time.monotonic() - self._seen[1] > config().heartbeat_max_age_s
        if silent or alive(other.process) is False:
            Heartbeat.objects.filter(pk=other.pk, beat=other.beat).update(
                process=identity(), beat=other.beat + 1, at=timezone.now()
            )
