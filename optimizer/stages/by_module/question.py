"""What a module is asked in a stage, and what becomes of its answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from xoptweb.errors import Problem

if TYPE_CHECKING:
    from optimizer.stages.concluding import Conclusion


class Refused(Problem):
    """An answer that does not count, with the reason for the module and for people."""

    status, code = 422, "answer_refused"


@dataclass(frozen=True)
class Answered:
    """A module's answer. `read` tells which channels its run has read: it is only looked up where that matters."""

    module: str
    output: Any
    read: Callable[[], frozenset[str]] = field(default=frozenset)


@dataclass(frozen=True)
class Question:
    """`given` makes the module's input. `accept` checks an answer and concludes the stage from it; it raises Refused.

    `attempts`: how often the module is asked, each time but the first with what was wrong about its answers.
    """

    given: Callable[[], dict[str, Any]]
    accept: "Callable[[Answered], Conclusion]"
    attempts: int = 1
