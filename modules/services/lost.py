"""Runs whose process is gone."""

from datetime import timedelta

from django.utils import timezone

from modules.execution import once
from modules.models import Run
from xoptweb.config import config
from xoptweb.transactions import transaction
from xoptweb.work.models import Work
from xoptweb.work.process import alive
from xoptweb.work.services import OPEN

State = Run.State


def given_up(run_id: int, error: str) -> None:
    """The work of a run has failed for good: the run is lost, with what it called. Inside a transaction."""
    run = Run.objects.filter(pk=run_id, state__in=[State.QUEUED, State.RUNNING]).first()
    if run is None:
        return
    last = error.strip().splitlines()[-1] if error.strip() else "the work failed"
    for child in once.running_below(run):
        once.lose(child, "The run that called it was lost.")
    once.lose(run, f"The run was lost: {last}")


def find_lost() -> int:
    """Runs that no work stands for (a command's, a called module's) and whose process is gone; how many were lost."""
    found = 0
    silent = timezone.now() - timedelta(seconds=2 * config().work_claim_s)
    for run in Run.objects.filter(state=State.RUNNING).order_by("-pk"):
        lives = alive(run.process) if run.process else False
        if lives or (lives is None and run.renewed_at is not None and run.renewed_at > silent):
            continue
        if _worked_on(run):
            continue
        with transaction("a run whose process is gone is lost"):
            once.lose(run, "The process that ran it is gone.")
        found += 1
    return found


def _worked_on(run: Run) -> bool:
    """Whether open work stands for the run or for the one that called it: its sweep decides then."""
    top = run
    while top.parent is not None:
        top = top.parent
    return Work.objects.filter(key=f"run:{top.pk}", state__in=OPEN).exists()
