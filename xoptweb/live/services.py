"""Publishing events and reading them back."""

from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

from django.db import connection
from django.db import transaction as django_transaction
from django.utils import timezone

from xoptweb.live import names, notices, numbering
from xoptweb.live.events import encode
from xoptweb.live.models import Event, Stream
from xoptweb.plain import plain
from xoptweb.transactions import collect, in_transaction, transaction

LARGEST_NOTICE = 64 * 1024  # characters; readers fetch what is larger from the database


def publish(stream: str, kind: str, payload: Mapping[str, Any]) -> None:
    """Add an event to a stream. It gets its number at the end of the transaction and is seen after the commit.

    NaN and infinities in `payload` become null.

    Raises:
        Invalid: the stream's name is not one.
        TypeError: the payload has no JSON form.
    """
    event = Event(stream=names.check(stream), kind=kind, payload=plain(payload), at=timezone.now())
    if in_transaction():
        collect("live", event, _number_and_tell)
        return
    with transaction("number one event"):
        collect("live", event, _number_and_tell)


def _number_and_tell(events: list[Event]) -> None:
    streams = numbering.number(events)
    django_transaction.on_commit(lambda: _tell(streams), robust=True)


def _tell(streams: dict[str, list[Event]]) -> None:
    for stream, events in streams.items():
        notices.tell(names.stream_group(stream), partial(_notice, stream, events))


def _notice(stream: str, events: list[Event]) -> dict[str, Any]:
    texts: list[str] | None = [encode(event) for event in events]
    if sum(len(text) for text in texts or ()) > LARGEST_NOTICE:
        texts = None
    return {"type": "live.events", "stream": stream, "last": events[-1].number, "events": texts}


def events_after(stream: str, number: int, limit: int = 500) -> list[Event]:
    """The first `limit` events of `stream` whose number is larger than `number`, in order."""
    return list(Event.objects.filter(stream=stream, number__gt=number).order_by("number")[:limit])


def last_number(stream: str) -> int:
    """The number of the stream's last event; 0 when it has none."""
    return Stream.objects.filter(name=stream).values_list("last", flat=True).first() or 0


def last_numbers(streams: Sequence[str]) -> dict[str, int]:
    """As `last_number`, of several streams at once; those without events are left out."""
    marks = ", ".join(["%s"] * len(streams))
    with connection.cursor() as cursor:  # asked before every run of a module: the query builder would cost the most
        cursor.execute(f"SELECT name, last FROM live_stream WHERE name IN ({marks})", streams)  # noqa: S608 - marks only
        return dict(cursor.fetchall())
