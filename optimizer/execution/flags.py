"""What people ask of a running execution, read beside it."""

import threading
from dataclasses import dataclass

from django.db import connection

from controls.gate.standing import Standing
from optimizer.models import Execution

READ = "SELECT pause_requested, finish_requested, stop_requested, steered_by FROM optimizer_execution WHERE id = %s"


@dataclass
class Flags:
    """Updated from the thread that listens for stops; read by the loop."""

    execution_id: int
    pause: bool = False
    finish: bool = False
    shutdown: bool = False
    steered_by: str = ""

    def __post_init__(self) -> None:
        self.changed = threading.Event()
        self.standing: Standing | None = None

    def read(self) -> None:
        """One indexed query.

        Raises:
            django.db.DatabaseError: the database does not answer.
            Execution.DoesNotExist: there is no such execution.
        """
        with connection.cursor() as cursor:  # beside every evaluation: the query builder would cost the most
            cursor.execute(READ, [self.execution_id])
            row = cursor.fetchone()
        if row is None:
            raise Execution.DoesNotExist(f"execution {self.execution_id}")
        pause, finish, stop = (bool(flag) for flag in row[:3])
        self.steered_by = row[3]
        if (pause, finish) != (self.pause, self.finish):
            self.pause, self.finish = pause, finish
            self.changed.set()
        if stop and self.standing is not None:
            self.standing.stop(f"stopped by {self.steered_by}")
            self.changed.set()
