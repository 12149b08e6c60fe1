"""The two threads beside a writer: one renews its lease, one listens for a stop."""

import logging
import threading
import time
from collections.abc import Callable

from django.db import DatabaseError, InterfaceError, connection
from django.db.models import F
from django.utils import timezone

from controls.gate import now
from controls.gate.standing import Standing
from controls.models import Lease
from controls.stopfile import StopFile

log = logging.getLogger(__name__)

LISTEN_S = 0.02  # how often the stop file is looked at
ASK_S = 0.06  # how often the database is asked
RENEWALS_A_LEASE = 10


class Upkeep:
    """Runs until `close`. `on_state` gets every state that was read, such as requests to pause."""

    def __init__(
        self,
        lease: Lease,
        standing: Standing,
        states: frozenset[str] = now.HELD,
        listener: Callable[[], None] | None = None,
        stop_file: StopFile | None = None,
    ) -> None:
        self._lease_id = lease.pk
        self._token = lease.token
        self._standing = standing
        self._states = states
        self._listener = listener
        self._stop_file = stop_file or StopFile(lease.machine.slug)
        self._closing = threading.Event()
        self._threads = [
            threading.Thread(target=self._run, args=(body,), name=body.__name__, daemon=True)
            for body in (self._renew, self._listen)
        ]
        for thread in self._threads:
            thread.start()

    def close(self) -> None:
        self._closing.set()
        for thread in self._threads:
            thread.join(timeout=2)

    def _run(self, body: Callable[[], None]) -> None:
        try:
            body()
        except Exception:
            log.exception("the thread %s of lease %s ended by an error", body.__name__, self._lease_id)
            self._standing.stop("xoptweb could not watch for a stop any more")
        finally:
            connection.close()

    # -- renewing

    def _renew(self) -> None:
        pause = self._standing.duration_s / RENEWALS_A_LEASE
        while not self._closing.wait(pause):
            asked_at = time.monotonic()
            try:
                renewed = self._renew_once()
            except (DatabaseError, InterfaceError) as error:
                self._trouble(error)
                pause = 0.1
                continue
            pause = self._standing.duration_s / RENEWALS_A_LEASE
            if not renewed:
                self._standing.lose("another process holds the lease")
                return
            self._standing.renewed(asked_at)

    def _renew_once(self) -> bool:
        return bool(
            Lease.objects.filter(pk=self._lease_id, token=self._token, state__in=self._states).update(
                renewals=F("renewals") + 1, renewed_at=timezone.now()
            )
        )

    def _trouble(self, error: Exception) -> None:
        if self._standing.database_trouble_since is None:
            self._standing.database_trouble_since = time.monotonic()
            log.warning("lease %s could not be renewed: %s", self._lease_id, error)
        connection.close()

    # -- listening

    def _listen(self) -> None:
        asked_at = 0.0
        while not self._closing.wait(LISTEN_S):
            if reason := self._stop_file.pulled():
                self._standing.stop(reason)
            if time.monotonic() - asked_at < ASK_S:
                continue
            asked_at = time.monotonic()
            try:
                self._ask()
            except (DatabaseError, InterfaceError):
                connection.close()

    def _ask(self) -> None:
        state = now.read(self._lease_id)
        self._standing.heartbeat(state.beat)
        self._standing.disarmed = not state.armed
        if state.stopped:
            self._standing.stop(state.stopped)
        if not state.holds(self._token, self._states):
            self._standing.lose("another process holds the lease")
        if self._listener is not None:
            self._listener()
