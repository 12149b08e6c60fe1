"""Two who change the same rows in the same moment."""

import threading
from collections.abc import Callable

from django.db import connection, connections

from tests.patience import patient
from tests.processes import wait_until
from xoptweb.transactions import transaction

WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


class Running:
    """Something done in a thread, with a database connection of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error
        finally:
            connections.close_all()

    def wait(self) -> None:
        self._thread.join(patient(30))
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def blocked(self) -> bool:
        """Whether the database holds it back, or it has ended."""
        if not self._thread.is_alive() or connection.vendor == "sqlite":
            return True  # SQLite has one writer at a time: it waits, or was there before
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            return bool(cursor.fetchone()[0])


def meanwhile(first: Callable[[], object], other: Callable[[], object], then: Callable[[], object]) -> None:
    """In one transaction `first` and `then`; `other` begins between them, in a thread of its own."""
    running: list[Running] = []
    with transaction("what one of them does"):
        first()
        running.append(Running(other))
        if connection.vendor != "sqlite":
            thread = running[0]
            observer = Running(lambda: wait_until(thread.blocked, 10))
            observer.wait()
        then()
    running[0].wait()
