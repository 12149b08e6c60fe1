"""What the watchdog and STOP tell about an execution's lease."""

from controls import holders
from controls.models import Lease, Machine, Restore
from controls.restore.record import in_words
from optimizer.execution import conclude
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from xoptweb.states import move

State = Execution.State
Ending = Execution.Ending
Final = Campaign.Final


class ExecutionHolder:
    """Implements `controls.holders.Holder`."""

    def taken(self, lease: Lease, reason: str) -> None:
        execution = _execution(lease)
        if execution.state == State.ENDED:
            return
        if conclude.stop_pressed(lease):
            moving = {State.RUNNING, State.PAUSED, State.FINISHING, State.INTERRUPTED, State.RESTORING}
            move(execution, State.RESTORING, ending=Ending.STOPPED, message=reason[:400], expected=moving)
            announce(_campaign(execution), Campaign.State.RESTORING, f"Stopped: {reason}.", final=Final.UNKNOWN)
            return
        if execution.state == State.RESTORING and execution.ending:
            announce(_campaign(execution), Campaign.State.RESTORING, f"Restoring; {reason}.", final=Final.UNKNOWN)
            return
        conclude.interrupted(execution, f"Interrupted: {reason}. Restoring the values from before.")

    def restored(self, lease: Lease, restore: Restore) -> None:
        execution = _execution(lease)
        words = in_words(restore)
        if execution.state == State.ENDED:
            announce_final(execution, restore, words)
        elif restore.state == Restore.State.PARTIAL:
            ending = Ending(execution.ending or Ending.FAILED)
            conclude.end(execution, ending, Final.NOT_RESTORED, f"{execution.message} {words}", "not_restored")
        elif execution.ending:
            conclude.end(execution, Ending(execution.ending), Final.RESTORED, f"{execution.message} {words}")
        else:
            watched = f"{words} The channels are watched for late puts before they are free."
            announce(_campaign(execution), Campaign.State.RESTORING, watched, final=Final.RESTORED)

    def waiting(self, lease: Lease, reason: str) -> None:
        execution = _execution(lease)
        if execution.state != State.ENDED:
            final = Final.NOT_RESTORED
            announce(_campaign(execution), Campaign.State.RESTORING, f"Not restored yet: {reason}", final=final)

    def released(self, lease: Lease) -> None:
        execution = _execution(lease)
        if execution.state != State.ENDED:
            conclude.after_restore(execution)

    def stopped(self, machine: Machine, reason: str) -> list[str]:
        """Campaigns whose channels do not move yet are ended here; leases are stopped by their own row too."""
        from optimizer.services.stopping import stop_all

        return stop_all(machine, reason)


def announce_final(execution: Execution, restore: Restore, words: str) -> None:
    """A restore that ended after its execution's record was closed (a late put, a person's confirmation)."""
    final = Final.RESTORED if restore.state == Restore.State.DONE else Final.NOT_RESTORED
    Campaign.objects.filter(pk=execution.iteration.campaign_id).update(final=final, message=words[:400])


def _execution(lease: Lease) -> Execution:
    key = int(lease.holder.partition(":")[2])
    return Execution.objects.select_related("iteration__campaign__environment__machine").get(pk=key)


def _campaign(execution: Execution) -> Campaign:
    return execution.iteration.campaign


def register() -> None:
    holders.register("optimizer.execution", ExecutionHolder())
