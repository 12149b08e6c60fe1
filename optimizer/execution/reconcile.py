"""Finding executions whose process is gone and whose channels nobody holds."""

import logging

from controls.leases.end import OPEN
from controls.models import Lease
from optimizer.execution import conclude
from optimizer.execution.endings import Ending
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from xoptweb.work.process import alive
from xoptweb.work.registry import periodic

log = logging.getLogger(__name__)
LIVE = (
    Execution.State.RUNNING, Execution.State.FINISHING, Execution.State.RESTORING, Execution.State.INTERRUPTED,
)  # fmt: skip


@periodic("optimizer.reconcile", every_s=5)
def reconcile() -> None:
    """A process that died before it held a lease, or after it gave it back, leaves an execution to nobody."""
    for execution in Execution.objects.filter(state__in=LIVE).select_related("iteration__campaign", "lease"):
        if not _left_alone(execution):
            continue
        log.warning("execution %s was left by its process", execution.pk)
        conclude.after_restore(execution)


def never_begun(execution_id: int) -> None:
    """The worker that was to begin, or to go on after a long pause, died before it had; inside a transaction."""
    execution = Execution.objects.select_related("iteration__campaign", "lease").get(pk=execution_id)
    campaign, lease = execution.iteration.campaign, execution.lease
    if execution.state == Execution.State.QUEUED:
        final = conclude.stays(execution)
        conclude.end(execution, Ending.FAILED, final, "The worker died before it could begin.", "interrupted")
    elif execution.state == Execution.State.RUNNING and not _held(execution):
        conclude.after_restore(execution)
    elif execution.state == Execution.State.PAUSED and lease is not None and lease.state == Lease.State.PARKED:
        Execution.objects.filter(pk=execution.pk).update(pause_requested=True)
        announce(campaign, Campaign.State.PAUSED, "The worker died before it could go on. Resume again, or stop.")


def _held(execution: Execution) -> bool:
    """Whether a lease of it is open: then its fate is the watchdog's to tell."""
    return Lease.objects.filter(holder=f"optimizer.execution:{execution.pk}", state__in=OPEN).exists()


def _left_alone(execution: Execution) -> bool:
    """No lease of it is open, and the process of its last attempt is dead on this host."""
    if _held(execution):
        return False
    attempt = execution.attempts.order_by("-number").first()
    return attempt is not None and alive(attempt.process) is False
