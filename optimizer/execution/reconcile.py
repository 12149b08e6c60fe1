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
        if execution.state == Execution.State.INTERRUPTED:
            conclude.go_on_or_end(execution)
        elif execution.lease is None:
            conclude.interrupted(execution, "Interrupted before anything was moved.")
            conclude.go_on_or_end(execution)
        else:
            ending = Ending(execution.ending or Ending.FAILED)
            final = conclude.final_of(execution.lease)
            conclude.end(execution, ending, final, execution.message or "Its process died.")


def never_begun(execution_id: int) -> None:
    """The worker that was to begin, or to go on after a long pause, died before it had; inside a transaction."""
    execution = Execution.objects.select_related("iteration__campaign", "lease").get(pk=execution_id)
    campaign, lease = execution.iteration.campaign, execution.lease
    if execution.state == Execution.State.QUEUED:
        moved = execution.attempts.exists()
        final = Campaign.Final.RESTORED if moved else Campaign.Final.NOT_MOVED
        conclude.end(execution, Ending.FAILED, final, "The worker died before it could begin.", "interrupted")
    elif execution.state == Execution.State.PAUSED and lease is not None and lease.state == Lease.State.PARKED:
        Execution.objects.filter(pk=execution.pk).update(pause_requested=True)
        announce(campaign, Campaign.State.PAUSED, "The worker died before it could go on. Resume again, or stop.")


def _left_alone(execution: Execution) -> bool:
    """No lease of it is open, and the process of its last attempt is dead on this host."""
    holder = f"optimizer.execution:{execution.pk}"
    if Lease.objects.filter(holder=holder, state__in=OPEN).exists():
        return False
    attempt = execution.attempts.order_by("-number").first()
    return attempt is not None and alive(attempt.process) is False
