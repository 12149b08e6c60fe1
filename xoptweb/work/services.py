"""Asking for work to be done."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.db import transaction as django_transaction
from django.utils import timezone

from xoptweb import correlation as correlations
from xoptweb import hot
from xoptweb.errors import Conflict
from xoptweb.plain import plain
from xoptweb.transactions import transaction
from xoptweb.work import registry, sender
from xoptweb.work.models import Work

OPEN = (Work.State.DUE, Work.State.CLAIMED)
TRIES = 5


def enqueue(
    name: str,
    arguments: Mapping[str, Any],
    *,
    queue: str = "default",
    key: str | None = None,
    due_at: datetime | None = None,
    correlation: str = "",
    attempts_max: int = 3,
) -> Work:
    """Record due work; a worker of `queue` is woken after the commit, and by the sweep when the broker is away.

    With a `key` that open work already has, that work is returned and nothing is added.

    Raises:
        LookupError: no function is registered under `name`.
    """
    registry.find(name)
    now = timezone.now()
    row = Work(
        name=name,
        arguments=plain(arguments),
        queue=queue,
        key=key,
        due_at=due_at or now,
        enqueued_at=None if due_at and due_at > now else now,
        correlation=correlation or correlations.current(),
        attempts_max=attempts_max,
    )
    with transaction("record due work"):
        row, new = _save(row)
    if new and row.enqueued_at:
        django_transaction.on_commit(lambda: sender.send(row.pk, row.queue), robust=True)
    return row


def _save(row: Work) -> tuple[Work, bool]:
    """The row, or the open one that has its key already; the database decides between two that race."""
    for _ in range(TRIES):
        if hot.insert_unless_there(row):
            return row, True
        if (open_row := Work.objects.filter(key=row.key, state__in=OPEN).first()) is not None:
            return open_row, False
    raise Conflict(f"The work “{row.key}” keeps changing hands; try again.", code="busy")
