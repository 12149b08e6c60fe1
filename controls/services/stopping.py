"""STOP: nothing moves on, and what was moved goes back."""

import logging
from dataclasses import dataclass, field

from django.db.models import F
from django.utils import timezone

from controls import holders, stopfile
from controls.models import Lease, Machine
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.live.services import publish
from xoptweb.transactions import again_after_deadlock, transaction

log = logging.getLogger(__name__)

MOVING = {Lease.State.HELD, Lease.State.PARKED}
UNSAID = "STOP"  # the reason of those who gave none


@dataclass
class StopReport:
    """What a STOP reached, in words for the person who pressed it."""

    machines: list[str] = field(default_factory=list)
    stopped: list[str] = field(default_factory=list)
    moving: int = 0  # leases whose channels go back

    @property
    def message(self) -> str:
        where = " and ".join(self.machines) or "no machine, as none is set up"
        if not self.stopped:
            return f"STOP on {where}: nothing was moving."
        back = " What was moved goes back to the values from before." if self.moving else ""
        return f"STOP on {where}: {'; '.join(self.stopped)}.{back}"


def stop_machine(machine: Machine, *, by: Actor, reason: str = UNSAID) -> StopReport:
    """Stop everything on one machine. Writers on this host notice within 20 ms by the stop file, others by the row.

    Raises:
        NotAllowed: `by` may not stop.
    """
    require(by, "stop")
    _pull(machine.slug, by, reason)
    report = StopReport(machines=[machine.name])
    report.moving = again_after_deadlock(lambda: _stop_leases(machine, by, reason))
    for holder in holders.every():
        report.stopped += holder.stopped(machine, f"STOP by {by.label}")
    if report.moving and not report.stopped:
        report.stopped.append(f"{report.moving} execution{'s' if report.moving > 1 else ''}")
    return report


def _stop_leases(machine: Machine, by: Actor, reason: str) -> int:
    """How many leases were moving; from here on none of them may, whatever else becomes of this stop."""
    with transaction("a stop reaches every lease of the machine"):
        Machine.objects.filter(pk=machine.pk).update(stops=F("stops") + 1, stopped_at=timezone.now())
        moving = Lease.objects.filter(machine=machine, state__in=MOVING)
        count = moving.update(stop_requested=True, stop_reason=_why(by, reason)[:200])
        record(by, "machine.stopped", machine, after={"reason": reason, "moving": count})
        publish(f"machine:{machine.slug}", "stop", {"by": by.label, "reason": reason})
    return count


def _why(by: Actor, reason: str) -> str:
    return f"STOP by {by.label}" + (f": {reason}" if reason != UNSAID else "")


def stop_everything(*, by: Actor, reason: str = UNSAID) -> StopReport:
    """Stop all machines. One that can't be stopped holds up no other; then what was wrong with it is raised."""
    require(by, "stop")
    _pull(stopfile.EVERYTHING, by, reason)
    report = StopReport()
    troubles: list[Exception] = []
    for machine in Machine.objects.all():
        try:
            one = stop_machine(machine, by=by, reason=reason)
        except Exception as trouble:
            log.exception("STOP could not be recorded for %s", machine.slug)
            troubles.append(trouble)
            continue
        report.machines += one.machines
        report.stopped += one.stopped
        report.moving += one.moving
    if troubles:
        raise troubles[0]
    return report


def _pull(machine: str, by: Actor, reason: str) -> None:
    """Where the disk does not take the file, the rows have to stop what moves."""
    try:
        stopfile.pull(config().home, machine, by=by.label, reason=reason)
    except OSError as error:
        log.warning("the stop file of %s could not be written: %s", machine, error)


def stop_lease(lease: Lease, *, by: Actor, reason: str) -> None:
    """Stop one execution; its writer, or the watchdog, restores its snapshot."""
    require(by, "stop")
    with transaction("a stop of one lease is recorded"):
        Lease.objects.filter(pk=lease.pk, state__in=MOVING).update(stop_requested=True, stop_reason=reason[:200])
        record(by, "lease.stopped", lease, label=lease.holder, after={"reason": reason})
