"""The monitor: one process a machine that watches its channels for all others."""

import gc
import logging
import signal
import threading
import time

from controls.connectors.base import Connector
from controls.connectors.registry import address_list, open_connector
from controls.models import Channel, Machine
from controls.monitor.answering import Answering
from controls.monitor.telling import Telling
from controls.monitor.upkeep import Upkeep
from controls.monitor.watched import WatchList
from xoptweb.errors import NotFound
from xoptweb.live import notices

log = logging.getLogger(__name__)

TELL_S = 0.2
SECOND_S = 1.0
END_S = 0.3  # what threads may take to end


def run(slug: str) -> None:
    """Watch the machine until SIGTERM or SIGINT.

    Raises:
        NotFound: there is no such machine.
    """
    stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    machine = Machine.objects.filter(slug=slug).first()
    if machine is None:
        raise NotFound(f"There is no machine “{slug}”.", code="no_such_machine")
    monitor = Monitor(machine, open_connector(machine), stop)
    monitor.run()


class Monitor:
    """The main thread tells values five times a second; asking and the database have threads of their own."""

    def __init__(self, machine: Machine, connector: Connector, stop: threading.Event) -> None:
        self._machine = machine
        self._connector = connector
        self._stop = stop
        self._watched = WatchList(connector)
        self._telling = Telling(machine.slug, self._watched)
        self._upkeep = Upkeep(machine, address_list(machine), self._watch, stop)
        self._answering = Answering(machine.slug, self._watched, self._upkeep.reload, stop)

    def run(self) -> None:
        self._watch(list(Channel.objects.filter(machine=self._machine)))
        self._upkeep.start()
        self._answering.start()
        log.info("watching %s: %d addresses", self._machine.slug, len(self._watched.addresses()))
        try:
            self._loop()
        finally:
            self._end()

    def _loop(self) -> None:
        second = time.monotonic()
        while not self._stop.wait(TELL_S):
            beat = time.monotonic() >= second
            self._telling.tell(beat=beat)
            if beat:
                second = time.monotonic() + SECOND_S
                self._watched.remember()
                self._watched.learn()
                self._connector.search_again()

    def _watch(self, channels: list[Channel]) -> None:
        if gone := self._watched.reload(channels):
            self._telling.forget(gone)

    def _end(self) -> None:
        self._stop.set()
        self._telling.end()
        self._answering.close()
        self._upkeep.join(END_S)
        notices.flush(END_S)
        self._connector.close()
        gc.freeze()  # Python need not look through everything once more: that takes longer than all the rest
        log.info("the monitor of %s ended", self._machine.slug)
