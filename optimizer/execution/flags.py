"""What people ask of a running execution, read beside it."""

import threading
from dataclasses import dataclass

from controls.gate.standing import Standing
from optimizer.models import Execution


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
        """
        pause, finish, stop, self.steered_by = Execution.objects.values_list(
            "pause_requested", "finish_requested", "stop_requested", "steered_by"
        ).get(pk=self.execution_id)
        if (pause, finish) != (self.pause, self.finish):
            self.pause, self.finish = pause, finish
            self.changed.set()
        if stop and self.standing is not None:
            self.standing.stop(f"stopped by {self.steered_by}")
            self.changed.set()
