"""Changes that must reach the database before the machine moves on, with patience for a lock or a restart."""

import logging
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import InterfaceError, OperationalError, connection, connections
from django.db.backends.base.base import BaseDatabaseWrapper
from django.db.backends.signals import connection_created

from controls.gate.standing import Standing
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)
T = TypeVar("T")

BUSY_MS = 250  # how long one try waits for another process's lock; retried while the lease lasts
RETRY_S = 0.05
DATABASE_AWAY = (OperationalError, InterfaceError)


class DatabaseGone(Exception):
    """The database did not answer, or did not take a change, while the lease lasted."""


def durably(change: Callable[[], T], reason: str, standing: Standing) -> T:
    """Run `change` in a transaction, again and again while the database is locked or away and the lease lasts.

    Raises:
        DatabaseGone: the lease is about to end, or a stop came: the way back does not wait for a database.
    """

    def committed() -> T:
        with transaction(reason):
            return change()

    return patiently(committed, standing)


def patiently(ask: Callable[[], T], standing: Standing) -> T:
    """What `ask` returns; called again and again while the database is locked or away and the lease lasts.

    Raises:
        DatabaseGone: as `durably`.
    """
    while True:
        try:
            return ask()
        except DATABASE_AWAY as error:
            note_trouble(standing)
            stopped = standing.stopped and not standing.returning
            if stopped or standing.left_s() < 2 * standing.margin_s or standing.lost:
                raise DatabaseGone(str(error)) from error
            time.sleep(RETRY_S)


def eventually(change: Callable[[], T], reason: str, standing: Standing) -> T:
    """Run `change` in a transaction as soon as the database takes it: where nothing moves any more, nothing hurries."""
    while True:
        try:
            with transaction(reason):
                return change()
        except DATABASE_AWAY as error:
            log.warning("not written down yet: %s (%s)", reason, error)
            note_trouble(standing)
            time.sleep(RETRY_S)


def note_trouble(standing: Standing) -> None:
    """Remember since when the database fails, and drop a connection that may be dead."""
    if standing.database_trouble_since is None:
        standing.database_trouble_since = time.monotonic()
    if not connection.in_atomic_block:
        connection.close()


def be_impatient() -> None:
    """Make this process's SQLite connections, present and future, give up on a lock soon: `durably` decides then."""
    connection_created.connect(_shorten, dispatch_uid="impatient writer")
    connection.ensure_connection()
    _shorten(connections["default"])


def _shorten(connection: BaseDatabaseWrapper, **_: object) -> None:
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
