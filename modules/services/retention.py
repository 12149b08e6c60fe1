"""Forgetting old runs with their traces, in small batches."""

from datetime import timedelta

from django.utils import timezone

from modules.models import Run
from xoptweb.config import config
from xoptweb.live.models import Event, Stream
from xoptweb.transactions import transaction

RUNS_AT_ONCE = 100
EVENTS_AT_ONCE = 500
STREAM_OF_ALL = "runs"


def forget() -> int:
    """Delete runs that ended longer ago than `config().module_run_days`, and what happened then; how many runs."""
    until = timezone.now() - timedelta(days=config().module_run_days)
    forgotten = 0
    while runs := list(_old(until)):
        for run in runs:
            _forget_events(run.stream)
            with transaction("a run without its trace is forgotten"):
                Stream.objects.filter(name=run.stream).delete()
                run.delete()
            forgotten += 1
    _forget_events(STREAM_OF_ALL, until=until)
    return forgotten


def _old(until: object) -> list[Run]:
    """Those that call nobody any more come first, so that no deletion has to follow long chains."""
    rows = Run.objects.filter(state__in=Run.ENDED, ended_at__lt=until, children=None).order_by("ended_at")
    return list(rows.only("pk")[:RUNS_AT_ONCE])


def _forget_events(stream: str, until: object = None) -> None:
    rows = Event.objects.filter(stream=stream).order_by("number")
    if until is not None:
        rows = rows.filter(at__lt=until)
    while keys := list(rows.values_list("pk", flat=True)[:EVENTS_AT_ONCE]):
        with transaction("some old events are forgotten"):
            Event.objects.filter(pk__in=keys).delete()
