"""Gapless numbers for the events of a transaction, given at its end."""

from collections import defaultdict

from django.db import connection

from xoptweb import hot
from xoptweb.live.models import Event

TAKE = (
    "INSERT INTO live_stream (name, last) VALUES (%s, %s) "
    "ON CONFLICT (name) DO UPDATE SET last = live_stream.last + EXCLUDED.last RETURNING last"
)


def number(events: list[Event]) -> dict[str, list[Event]]:
    """Give `events` (in the order they happened) their numbers and store them, inside the open transaction.

    The counter rows stay locked until the commit, so they are taken in the order of their names: two transactions
    never wait for each other in a circle. A rollback gives the numbers back.
    """
    streams: dict[str, list[Event]] = defaultdict(list)
    for event in events:
        streams[event.stream].append(event)
    for name in sorted(streams):
        last = take(name, len(streams[name]))
        for offset, event in enumerate(reversed(streams[name])):
            event.number = last - offset
    hot.insert(events)
    return streams


def take(name: str, count: int) -> int:
    """Move the counter of stream `name` on by `count`; the last of the numbers it gave."""
    with connection.cursor() as cursor:
        cursor.execute(TAKE, [name, count])
        row = cursor.fetchone()
    return int(row[0])
