"""Taking a parked lease back after a long pause."""

from collections.abc import Callable

from controls.connectors.base import Connector
from controls.leases.grant import Grant, next_token, start
from controls.leases.lockfile import LockFile, new_path
from controls.models import Lease
from controls.restore.lines import lines_of
from controls.stopfile import StopFile
from optimizer.execution.plan import Plan
from xoptweb.errors import Conflict
from xoptweb.transactions import transaction
from xoptweb.work.process import identity


def parked_lease(plan: Plan) -> Lease | None:
    """The execution's lease, if a pause left it with the watchdog."""
    lease = plan.execution.lease
    return lease if lease is not None and lease.state == Lease.State.PARKED else None


def adopt(
    plan: Plan, lease: Lease, connector: Connector, *, listener: Callable[[], None], stop_file: StopFile
) -> Grant:
    """Hold a parked lease again, with a new token; what we last put is known from the record.

    Raises:
        Conflict: the watchdog has begun to restore it.
    """
    lock = LockFile(new_path(f"adopted-{lease.pk}-{lease.token}"))
    with transaction("a lease changes hands together with its token"):
        token = next_token(plan.machine)
        taken = Lease.objects.filter(pk=lease.pk, token=lease.token, state=Lease.State.PARKED, stop_requested=False)
        if not taken.update(state=Lease.State.HELD, token=token, process=identity(), lock_path=str(lock.path)):
            lock.close()
            raise Conflict("The paused channels are being restored; they can't be taken back.", code="wrong_state")
    lease = Lease.objects.select_related("machine__permit_channel", "snapshot").get(pk=lease.pk)
    lines = lines_of(lease, plan.bounds)
    return start(lease, lock, connector, bounds=plan.bounds, lines=lines, listener=listener, stop_file=stop_file)
