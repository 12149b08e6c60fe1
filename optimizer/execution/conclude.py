"""The end of an execution in the database, and what comes after it."""

from django.utils import timezone

from controls.models import Lease, Restore
from optimizer.execution.states import announce
from optimizer.models import Attempt, Campaign, Evaluation, Execution
from xoptweb.actors import system
from xoptweb.audit.services import record
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

State = Execution.State
Ending = Execution.Ending
Final = Campaign.Final


def end_attempt(execution: Execution, outcome: str, message: str = "") -> None:
    """Close the attempt that is open, if there is one."""
    Attempt.objects.filter(execution=execution, ended_at=None).update(
        ended_at=timezone.now(), outcome=outcome[:20], message=message[:400]
    )


def end(execution: Execution, ending: Execution.Ending, final: Campaign.Final, message: str, code: str = "") -> None:
    """Close the execution and hand its iteration to analysis, once.

    Raises:
        Conflict: it has ended already.
    """
    campaign = execution.iteration.campaign
    with transaction("an execution ends, its campaign says so, and analysis is due"):
        move(execution, State.ENDED, ending=ending, message=message[:400], code=code, ended_at=timezone.now())
        end_attempt(execution, ending, message)
        _give_up_open(execution)
        announce(campaign, Campaign.State.RUNNING, message, final=final)
        after = {"ending": ending, "final": final, "message": message}
        record(system("execution"), "execution.ended", execution, label=str(campaign), after=after)
        enqueue_analysis(execution)


def _give_up_open(execution: Execution) -> None:
    """Evaluations that were begun and will never be measured."""
    Evaluation.objects.filter(
        execution=execution, state__in=[Evaluation.State.ASKED, Evaluation.State.MEASURING]
    ).update(
        state=Evaluation.State.ABANDONED,
        ended_at=timezone.now(),
        detail="the execution ended before it was measured",
    )


def enqueue_analysis(execution: Execution) -> None:
    iteration = execution.iteration
    enqueue(
        "optimizer.stage",
        {"iteration": iteration.pk, "stage": "analysis", "round": 1},
        key=f"stage:{iteration.pk}:analysis:1",
    )


def enqueue_execution(execution: Execution) -> None:
    """Have a control worker of the machine (go on to) carry it out."""
    slug = execution.iteration.campaign.environment.machine.slug
    enqueue("optimizer.execute", {"execution": execution.pk}, queue=f"control.{slug}", attempts_max=1)


def restoring(execution: Execution, ending: str, message: str) -> None:
    """Say that the machine goes back now, and why."""
    with transaction("the way back begins"):
        move(execution, State.RESTORING, ending=ending, message=message[:400])
        announce(execution.iteration.campaign, Campaign.State.RESTORING, message, final=Final.UNKNOWN)


def interrupted(execution: Execution, message: str) -> None:
    """The writer is gone; whether it goes on is decided when the channels are free again."""
    moved = {"final": Final.UNKNOWN} if execution.lease_id is not None else {}
    with transaction("an attempt is lost"):
        move(execution, State.INTERRUPTED, message=message[:400])
        end_attempt(execution, "lost", message)
        announce(execution.iteration.campaign, Campaign.State.RESTORING, message, **moved)


def final_of(lease: Lease) -> Campaign.Final:
    """Where a lease that ended without approved final values left the channels."""
    last = lease.restores.order_by("-id").first()
    return Final.RESTORED if last is not None and last.state == Restore.State.DONE else Final.NOT_RESTORED


def after_restore(execution: Execution) -> None:
    """Its channels are free and nobody carries it out: what was decided before, or the campaign's policy.

    Raises:
        Conflict: it has ended already.
    """
    if execution.state != State.INTERRUPTED and not execution.ending:
        interrupted(execution, execution.message or "Interrupted: its process died.")
    if execution.state == State.INTERRUPTED:
        go_on_or_end(execution)
    else:
        end(execution, Ending(execution.ending), stays(execution), execution.message or "Ended.")


def stays(execution: Execution) -> Campaign.Final:
    """Where the channels are while no attempt runs: as the last one's lease left them, which is on record before its
    first put, or where they were before the execution."""
    if execution.lease is not None:
        return final_of(execution.lease)
    known = Final(execution.iteration.campaign.final)
    return Final.NOT_MOVED if known == Final.UNKNOWN else known


def stop_pressed(lease: Lease) -> bool:
    """Whether its channels, or its whole machine, were stopped since it was granted."""
    lease.refresh_from_db(fields=["stop_requested"])
    lease.machine.refresh_from_db(fields=["stops"])
    return lease.stop_requested or lease.machine.stops > lease.stops_at_grant


def go_on_or_end(execution: Execution) -> None:
    """After a lost attempt: a new one, or the end, by the campaign's policy; the end where not all went back, or STOP
    was pressed."""
    final, lease = stays(execution), execution.lease
    stopped = execution.stop_requested or (lease is not None and stop_pressed(lease))
    if final == Final.NOT_RESTORED:
        words = f"{execution.message} The channels were left where they are."
        end(execution, Ending.STOPPED if stopped else Ending.FAILED, final, words, "not_restored")
    elif stopped:
        end(execution, Ending.STOPPED, final, f"Stopped; {final.label}.")
    else:
        _by_policy(execution, final)


def _by_policy(execution: Execution, final: Campaign.Final) -> None:
    campaign, attempts = execution.iteration.campaign, execution.attempts.count()
    if campaign.after_crash == Campaign.AfterCrash.RESUME and attempts < execution.attempts_max:
        with transaction("a new attempt is due"):
            move(execution, State.QUEUED, message="", code="")  # nobody has answered what it had paused for
            announce(campaign, Campaign.State.EXECUTING, f"Interrupted; {final.label}. Attempt {attempts + 1} begins.")
            enqueue_execution(execution)
            publish(f"campaign:{campaign.pk}", "attempt", {"number": attempts + 1})
    else:
        why = "its policy" if campaign.after_crash == Campaign.AfterCrash.RESTORE else f"{attempts} attempts were lost"
        message = f"Ended by {why}: {final.label}. {execution.message}"
        end(execution, Ending.FAILED, final, message, "interrupted")
