"""The one way to open a database transaction that changes the world."""

import logging
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

from django.db import OperationalError
from django.db import transaction as django_transaction

logger = logging.getLogger(__name__)

T = TypeVar("T")

DEADLOCK = "40P01"  # SQLSTATE; PostgreSQL ends one of those who wait for each other in a circle
TRIES = 5
LONG_S = 0.5  # a transaction this long holds up every other writer of SQLite, so it is named in the log


class _Unit:
    """What has to happen between the last statement of the outermost transaction and its commit."""

    def __init__(self) -> None:
        self.calls: dict[str, Callable[[], None]] = {}
        self.items: dict[str, list[Any]] = {}

    def mark(self) -> tuple[set[str], dict[str, int]]:
        return set(self.calls), {key: len(items) for key, items in self.items.items()}

    def rewind(self, mark: tuple[set[str], dict[str, int]]) -> None:
        """Forget what was asked for since `mark`: its savepoint was rolled back."""
        calls, lengths = mark
        self.calls = {key: call for key, call in self.calls.items() if key in calls}
        for key, items in self.items.items():
            del items[lengths.get(key, 0) :]

    def run(self) -> None:
        while self.calls:
            self.calls.pop(next(iter(self.calls)))()


class _Local(threading.local):
    unit: _Unit | None = None


_local = _Local()


@contextmanager
def transaction(reason: str) -> Iterator[None]:
    """A durable change with its reason; nested calls join the outermost one as savepoints.

    Before the commit the collected events get their numbers (`xoptweb.live`); work is enqueued after it
    (`xoptweb.work`), never inside.
    """
    if not reason:
        raise ValueError("a transaction says why it must be one")
    if _local.unit is not None:
        with _nested(_local.unit):
            yield
        return
    unit = _local.unit = _Unit()
    try:
        with django_transaction.atomic():
            began = time.monotonic()
            yield
            unit.run()
    finally:
        _local.unit = None
    if (took := time.monotonic() - began) > LONG_S:
        logger.warning("The transaction “%s” took %.2f s.", reason, took)


def again_after_deadlock(call: Callable[[], T]) -> T:
    """What `call` returns; called again when the database ended its transaction to resolve a deadlock.

    It must open its transaction itself, and may not be called inside one.

    Raises:
        django.db.OperationalError: another trouble of the database, or deadlock after deadlock.
    """
    for tries_left in range(TRIES - 1, -1, -1):
        try:
            return call()
        except OperationalError as trouble:
            if getattr(trouble.__cause__, "sqlstate", None) != DEADLOCK or not tries_left or in_transaction():
                raise
            logger.warning("A deadlock was resolved at our cost; trying again: %s", trouble)
    raise AssertionError("unreachable")


@contextmanager
def _nested(unit: _Unit) -> Iterator[None]:
    mark = unit.mark()
    try:
        with django_transaction.atomic():
            yield
    except BaseException:
        unit.rewind(mark)
        raise


def before_commit(key: str, call: Callable[[], None]) -> None:
    """Have `call` run once at the end of the current transaction, inside it. One call per key."""
    _open_unit().calls.setdefault(key, call)


def collect(key: str, item: Any, flush: Callable[[list[Any]], None]) -> None:
    """Add `item` to what `flush` gets, as one list, at the end of the current transaction, inside it.

    Items of a nested transaction that was rolled back are not in the list.
    """
    unit = _open_unit()
    items = unit.items.setdefault(key, [])
    items.append(item)

    def call() -> None:
        if pending := items[:]:
            items.clear()
            flush(pending)

    unit.calls.setdefault(key, call)


def _open_unit() -> _Unit:
    if _local.unit is None:
        raise RuntimeError("this needs an open xoptweb transaction")
    return _local.unit


def in_transaction() -> bool:
    return _local.unit is not None
