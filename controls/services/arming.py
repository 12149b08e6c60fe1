"""The arm switch: whether anything at all may be written to a machine."""

from dataclasses import dataclass, field
from datetime import timedelta

from django.db.models import Exists, OuterRef
from django.utils import timezone

from controls.models import Lease, Machine
from xoptweb.accounts.permissions import require, require_confirmed
from xoptweb.actors import Actor, system
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

MOVING = {Lease.State.HELD, Lease.State.RESTORING}


@dataclass(frozen=True)
class Armed:
    """The machine as armed, and the leases whose channels are not back yet: to be offered to the person who armed."""

    machine: Machine
    owed: list[Lease] = field(default_factory=list)


def owed(machine: Machine) -> list[Lease]:
    """Leases that the watchdog keeps because their channels have not been restored, oldest first."""
    states = {Lease.State.RESTORING, Lease.State.WAITING, Lease.State.QUIET}
    return list(machine.leases.filter(state__in=states).order_by("id"))


def arm(machine: Machine, *, by: Actor) -> Armed:
    """Allow writes. What still has to be restored is listed in the answer; arming itself restores nothing.

    Raises:
        NotAllowed, ConfirmationNeeded: `by` may not arm, or must give the password again.
        Conflict: the machine is armed.
    """
    require(by, "arm")
    require_confirmed(by)
    now = timezone.now()
    with transaction("arming is recorded and shown at once"):
        changed = Machine.objects.filter(pk=machine.pk, armed=False).update(
            armed=True, armed_by=by.user, armed_at=now, active_at=now
        )
        if not changed:
            raise Conflict(f"{machine.name} is armed already.", code="already_armed")
        machine.refresh_from_db()
        left = owed(machine)
        record(by, "machine.armed", machine, before={"armed": False}, after={"armed": True, "owed": _ids(left)})
        until = now + timedelta(seconds=config().disarm_after_s)
        publish(f"machine:{machine.slug}", "armed", {"by": by.label, "until": until, "owed": _ids(left)})
    return Armed(machine, left)


def disarm(machine: Machine, *, by: Actor, reason: str) -> Machine:
    """Allow no write from now on, restores included. A disarmed machine stays as it is.

    Raises:
        NotAllowed: `by` may not disarm.
    """
    require(by, "arm")
    with transaction("disarming is recorded and shown at once"):
        if Machine.objects.filter(pk=machine.pk, armed=True).update(armed=False):
            _disarmed(machine, by, reason)
        machine.refresh_from_db()
    return machine


def disarm_idle() -> list[Machine]:
    """Disarm the machines that had no execution for `config().disarm_after_s` and on which nothing moves now."""
    by = system("idle sweep")
    moving = Lease.objects.filter(machine=OuterRef("pk"), state__in=MOVING)
    oldest = timezone.now() - timedelta(seconds=config().disarm_after_s)
    idle = Machine.objects.filter(~Exists(moving), armed=True, active_at__lt=oldest)
    disarmed = []
    for machine in list(idle):
        with transaction("an idle machine is disarmed unless it was used in this moment"):
            if idle.filter(pk=machine.pk).update(armed=False):
                _disarmed(machine, by, f"no execution for {config().disarm_after_s / 3600:g} h")
                disarmed.append(machine)
    return disarmed


def _disarmed(machine: Machine, by: Actor, reason: str) -> None:
    record(by, "machine.disarmed", machine, before={"armed": True}, after={"armed": False, "reason": reason})
    publish(f"machine:{machine.slug}", "disarmed", {"by": by.label, "reason": reason})


def _ids(leases: list[Lease]) -> list[int]:
    return [lease.pk for lease in leases]
