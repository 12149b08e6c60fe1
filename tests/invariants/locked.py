"""SQLite's write lock, held by the test."""

import sqlite3
from contextlib import AbstractContextManager, nullcontext

from tests import environment
from xoptweb.config import config


class Locked:
    """Holds it as a stuck process would."""

    def __enter__(self) -> None:
        self._connection = sqlite3.connect(config().database_path, isolation_level=None, timeout=10)
        self._connection.execute("BEGIN IMMEDIATE")

    def __exit__(self, *_: object) -> None:
        self._connection.execute("ROLLBACK")
        self._connection.close()


def nobody_writes() -> AbstractContextManager[None]:
    """While it lasts no process holds the lock: one that is frozen now does not hold up the others. PostgreSQL needs
    no such care, for a statement that was sent ends without its client.
    """
    return nullcontext() if environment.SERVICES else Locked()
