"""Forgetting old runs with their traces, in small batches."""

import time
from datetime import datetime, timedelta

from django.utils import timezone

from modules.models import Run
from xoptweb.config import config
from xoptweb.live.forgetting import PAUSE_S
from xoptweb.live.forgetting import forget as forget_events
from xoptweb.live.models import Stream
from xoptweb.transactions import transaction

RUNS_AT_ONCE = 100


def forget() -> int:
    """Delete runs that ended longer ago than `config().module_run_days`, with their traces; how many runs."""
    until = timezone.now() - timedelta(days=config().module_run_days)
    forgotten = 0
    while runs := list(_old(until)):
        for run in runs:
            forget_events(run.stream)
            with transaction("a run without its trace is forgotten"):
                Stream.objects.filter(name=run.stream).delete()
                run.delete()
            forgotten += 1
            time.sleep(PAUSE_S)
    return forgotten


def _old(until: datetime) -> list[Run]:
    """Those that call nobody any more come first, so that no deletion has to follow long chains."""
    rows = Run.objects.filter(state__in=Run.ENDED, ended_at__lt=until, children=None).order_by("ended_at")
    return list(rows.only("pk")[:RUNS_AT_ONCE])
