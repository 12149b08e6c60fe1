"""The ways a loop can end before all its evaluations are made."""

from controls.gate.codes import Code
from optimizer.models import Execution

Ending = Execution.Ending


def in_words(execution: Execution) -> str:
    """Why an execution that has ended made no more evaluations."""
    if execution.code == Code.BUDGET_TIME:
        return "approved time used up"
    return str(Ending(execution.ending).label)


class Ended(Exception):
    """No more evaluations. `ending`, `code` and `message` go on the record."""

    def __init__(self, ending: Execution.Ending, message: str, code: str = "") -> None:
        super().__init__(message)
        self.ending = ending
        self.message = message
        self.code = code


class Parked(Exception):
    """A pause became long: the process ends, the watchdog keeps the channels, resuming replays."""


class Lost(Exception):
    """Somebody else holds the lease: whatever is to be done is theirs to do."""
