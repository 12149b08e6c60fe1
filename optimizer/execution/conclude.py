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
    with transaction("an attempt is lost"):
        move(execution, State.INTERRUPTED, message=message[:400])
        end_attempt(execution, "lost", message)
        announce(execution.iteration.campaign, Campaign.State.RESTORING, message, final=Final.UNKNOWN)


def final_of(lease: Lease) -> Campaign.Final:
    """Where a lease that ended without approved final values left the channels."""
    last = lease.restores.order_by("-id").first()
    return Final.RESTORED if last is not None and last.state == Restore.State.DONE else Final.NOT_RESTORED


def go_on_or_end(execution: Execution) -> None:
    """After a lost attempt was restored: a new attempt, or the end, by the campaign's policy."""
    campaign = execution.iteration.campaign
    attempts = execution.attempts.count()
    if execution.stop_requested:
        end(execution, Ending.STOPPED, Final.RESTORED, "Stopped; restored to the values from before.")
    elif campaign.after_crash == Campaign.AfterCrash.RESUME and attempts < execution.attempts_max:
        with transaction("a new attempt is due"):
            move(execution, State.QUEUED, message="", code="")  # nobody has answered what it had paused for
            announce(
                campaign, Campaign.State.EXECUTING, f"Restored after an interruption; attempt {attempts + 1} begins."
            )
            enqueue_execution(execution)
            publish(f"campaign:{campaign.pk}", "attempt", {"number": attempts + 1})
    else:
        why = "its policy" if campaign.after_crash == Campaign.AfterCrash.RESTORE else f"{attempts} attempts were lost"
        message = f"Ended by {why}: restored to the values from before. {execution.message}"
        end(execution, Ending.FAILED, Final.RESTORED, message, "interrupted")
