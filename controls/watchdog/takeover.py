"""Finding leases whose writer is gone, and taking them."""

import logging
import os
import signal
import time
from contextlib import suppress
from pathlib import Path

from django.utils import timezone

from controls import holders
from controls.leases.grant import next_token
from controls.leases.lockfile import abandoned
from controls.models import Lease, Machine
from controls.stopfile import StopFile
from xoptweb.actors import system
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.live.services import publish
from xoptweb.transactions import transaction
from xoptweb.work.process import alive, identity

log = logging.getLogger(__name__)

STOP_PATIENCE_S = 5.0  # a writer that was told to stop and has not begun to restore by then is taken for stuck


class Renewals:
    """When each lease's counter was last seen to change, on this process' monotonic clock."""

    def __init__(self) -> None:
        self._seen: dict[int, tuple[int, int, float]] = {}
        self._renewing: set[int] = set()  # those that were seen to be renewed, and not only to be there

    def silence_s(self, lease: Lease) -> float:
        at = time.monotonic()
        known = self._seen.get(lease.pk)
        if known is None or known[:2] != (lease.token, lease.renewals):
            self._seen[lease.pk] = (lease.token, lease.renewals, at)
            if known is not None:
                self._renewing.add(lease.pk)
            return 0.0
        return at - known[2]

    def gone_s(self, lease: Lease) -> float | None:
        """Seconds since it was seen to be renewed; None when this process never saw that."""
        return self.silence_s(lease) if lease.pk in self._renewing else None

    def forget(self, open_leases: set[int]) -> None:
        """Keep only what concerns leases that are open."""
        self._seen = {pk: seen for pk, seen in self._seen.items() if pk in open_leases}
        self._renewing &= open_leases


class Judge:
    """Says why a lease must be taken from its holder, if it must."""

    def __init__(self) -> None:
        self._renewals = Renewals()
        self._stop_seen: dict[int, float] = {}
        self._stop_files: dict[int, StopFile] = {}

    def forget(self, open_leases: set[int]) -> None:
        """Keep only what concerns leases that are open."""
        self._renewals.forget(open_leases)
        self._stop_seen = {pk: at for pk, at in self._stop_seen.items() if pk in open_leases}
        self._stop_files = {pk: file for pk, file in self._stop_files.items() if pk in open_leases}

    def verdict(self, lease: Lease, machine: Machine) -> str:
        """A reason for a person, or nothing. Held and parked leases only."""
        stopped = lease.stop_requested or machine.stops > lease.stops_at_grant
        pulled = self.pulled(lease, machine)
        if lease.state == Lease.State.PARKED:
            return (lease.stop_reason or pulled or "STOP") if stopped or pulled else ""
        if self._writer_died(lease):
            return "the process that was writing died"
        if self._renewals.silence_s(lease) > lease.duration_s:
            return f"the process that was writing did not renew its lease for {lease.duration_s:g} s"
        if stopped and self._ignores_stop(lease):
            return f"the process that was writing did not react to the stop within {STOP_PATIENCE_S:g} s"
        return ""

    def pulled(self, lease: Lease, machine: Machine) -> str:
        """The reason of a stop by the file alone, since the lease was first seen here, or nothing."""
        return self._stop_files.setdefault(lease.pk, StopFile(machine.slug)).pulled()

    def gone_s(self, lease: Lease) -> float | None:
        """As `Renewals.gone_s`."""
        return self._renewals.gone_s(lease)

    @staticmethod
    def _writer_died(lease: Lease) -> bool:
        if alive(lease.process) is None:
            return False  # on another host; its renewals tell
        return abandoned(Path(lease.lock_path))

    def _ignores_stop(self, lease: Lease) -> bool:
        since = self._stop_seen.setdefault(lease.pk, time.monotonic())
        return time.monotonic() - since > STOP_PATIENCE_S and not lease.restores.exists()


def take(lease: Lease, reason: str, *, gone_s: float | None = None) -> Lease | None:
    """Take the lease with a new token, kill its writer where that is possible, and tell its holder.

    `gone_s` is how long its writer has been gone, where this process has seen it alive. Returns the
    lease as taken (`restoring`, or `waiting` when its writer has been gone for too long to move magnets without being
    asked), or None when somebody else was faster.
    """
    parked = lease.state == Lease.State.PARKED
    to = Lease.State.WAITING if not parked and _gone_for_long(lease, gone_s) else Lease.State.RESTORING
    stopped = {"stop_requested": True, "stop_reason": reason[:200]} if parked else {}  # nothing else takes a parked one
    now = timezone.now()
    with transaction("a lease changes hands together with its token"):
        token = next_token(lease.machine)
        taken = Lease.objects.filter(pk=lease.pk, token=lease.token, state=lease.state).update(
            state=to, token=token, process=identity(), renewed_at=now, **stopped
        )
        if not taken:
            return None
        writer, lease.token, lease.state, lease.process = lease.process, token, to, identity()
        lease.renewed_at = now
        record(system("watchdog"), "lease.taken", lease, label=lease.holder, after={"reason": reason})
        publish(f"machine:{lease.machine.slug}", "taken", {"lease": lease.pk, "reason": reason})
    if not parked:
        _kill(writer)
    holders.tell(lease, lambda holder: holder.taken(lease, reason))
    if to == Lease.State.WAITING:
        long = "Its writer has been gone for long; a person must confirm the restore."
        holders.tell(lease, lambda holder: holder.waiting(lease, long))
    log.warning("took lease %s of %s: %s", lease.pk, lease.holder, reason)
    return lease


def _gone_for_long(lease: Lease, gone_s: float | None) -> bool:
    """By our own monotonic clock, where we have seen the writer alive; else all there is is the time of day.

    A clock that lost its time in a power cut hides the night: a renewal that seems to come from the future is as
    doubtful as one from long ago, and a person is asked.
    """
    if gone_s is not None:
        return gone_s > config().lease_automatic_s
    return abs((timezone.now() - lease.renewed_at).total_seconds()) > config().lease_automatic_s


def note_stop(lease: Lease, reason: str) -> None:
    """Put a STOP that came by the file alone on the record of a lease that goes back already: nothing goes on later."""
    if Lease.objects.filter(pk=lease.pk, stop_requested=False).update(stop_requested=True, stop_reason=reason[:200]):
        record(system("watchdog"), "lease.stopped", lease, label=lease.holder, after={"reason": reason})


def claim(lease: Lease) -> Lease | None:
    """Become the one that restores or watches a lease that was handed over, or left by an earlier watchdog."""
    with transaction("a lease changes hands together with its token"):
        token = next_token(lease.machine)
        claimed = Lease.objects.filter(pk=lease.pk, token=lease.token, state=lease.state).update(
            token=token, process=identity()
        )
        if not claimed:
            return None
    lease.token, lease.process = token, identity()
    return lease


def _kill(process: str) -> None:
    """SIGKILL the old writer if it lives on this host; a frozen one dies as well."""
    if alive(process):
        pid = int(process.split(":")[1])
        if pid != os.getpid():
            log.warning("killing the old writer, process %s", pid)
            with suppress(ProcessLookupError):  # it died in this moment
                os.kill(pid, signal.SIGKILL)
