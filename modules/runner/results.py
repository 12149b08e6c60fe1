"""How a run ended."""

from dataclasses import dataclass
from typing import Any, Literal

State = Literal["succeeded", "failed", "cancelled"]
Cause = Literal[
    "", "exception", "time", "memory", "processes", "disk", "output", "exit", "protocol", "start", "cancelled"
]


@dataclass(frozen=True)
class Result:
    """`output` is as JSON can carry it, `text` as Python prints it; `traceback` has the module's own frames only.

    `peak_memory_mb` is that of the module's largest process during the run.
    """

    state: State
    output: Any = None
    text: str = ""
    error: str = ""
    traceback: str = ""
    cause: Cause = ""
    seconds: float = 0.0
    peak_memory_mb: float = 0.0


class Failed(Exception):
    """A run, or the start of a module's process, failed; the message is for a person."""

    def __init__(self, message: str, cause: Cause, traceback: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.cause: Cause = cause
        self.traceback = traceback
