"""Forgetting old events, a few at a time. What pages show of the past comes from rows; streams are for catching up."""

import time
from datetime import datetime, timedelta

from django.utils import timezone

from xoptweb.config import config
from xoptweb.live import names
from xoptweb.live.models import Event, Stream
from xoptweb.transactions import transaction

KEPT = 1000  # the newest of each stream, however old: logs and notes of something that rests stay to be read
AT_ONCE = 200  # events of one transaction, which holds SQLite's write lock for a few milliseconds
PAUSE_S = 0.01  # between two, for other writers

_elsewhere: set[str] = set()


def kept_by_app(prefix: str) -> None:
    """The app that publishes `prefix:…` forgets these streams itself, with what they are about."""
    _elsewhere.add(prefix)


def forget_old() -> int:
    """Delete events older than `config().event_days`, but for the newest of each stream; how many."""
    until = timezone.now() - timedelta(days=config().event_days)
    long = Stream.objects.filter(last__gt=KEPT)
    for prefix in _elsewhere:
        long = long.exclude(name__startswith=f"{prefix}:")
    return sum(forget(stream, until=until, up_to=last - KEPT) for stream, last in long.values_list("name", "last"))


def forget(stream: str, *, until: datetime | None = None, up_to: int | None = None) -> int:
    """Delete the events of `stream`, of all times and numbers where none is given; how many."""
    names.check(stream)
    rows = Event.objects.filter(stream=stream).order_by("number")
    if until is not None:
        rows = rows.filter(at__lt=until)
    if up_to is not None:
        rows = rows.filter(number__lte=up_to)
    forgotten = 0
    while keys := list(rows.values_list("pk", flat=True)[:AT_ONCE]):
        with transaction("some old events are forgotten"):
            Event.objects.filter(pk__in=keys).delete()
        forgotten += len(keys)
        time.sleep(PAUSE_S)
    return forgotten
