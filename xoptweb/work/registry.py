"""The functions that can be work, and those that run every so often. Each app registers its own in `tasks.py`."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from xoptweb.discovery import discover

Function = TypeVar("Function", bound=Callable[..., object])
Failed = Callable[[Mapping[str, Any], str], object]


@dataclass(frozen=True)
class Task:
    """A function that work can name; `failed(arguments, error)` hears, in the transaction, that it gave up.

    `follows`: a worker that has done one goes on with the next without waiting for its message.
    """

    name: str
    function: Callable[..., object]
    failed: Failed | None = None
    follows: bool = False


@dataclass(frozen=True)
class Periodic:
    """A short function that the beat process calls every `every_s` seconds."""

    name: str
    function: Callable[[], object]
    every_s: float


_tasks: dict[str, Task] = {}
_periodic: dict[str, Periodic] = {}


def task(name: str, *, failed: Failed | None = None, follows: bool = False) -> Callable[[Function], Function]:
    """Register `def f(**arguments)` as work.

    It may run again after its worker died in the middle of it, so it starts from the database and ends in it. All
    work is acknowledged early: the broker never repeats it, only the database does. `follows` is for short work that
    is often queued in great numbers: see `xoptweb.work.running.ended_with_this`.
    """

    def register(function: Function) -> Function:
        _add(_tasks, name, Task(name, function, failed, follows))
        return function

    return register


def periodic(name: str, every_s: float) -> Callable[[Function], Function]:
    """Have the beat process call `def f()` every `every_s` seconds; with two beats it runs twice as often.

    It must be short (well under a second); what takes longer enqueues work with a key.
    """

    def register(function: Function) -> Function:
        _add(_periodic, name, Periodic(name, function, every_s))
        return function

    return register


def _add(table: dict[str, Any], name: str, entry: Task | Periodic) -> None:
    known = table.get(name)
    if known is not None and known.function.__qualname__ != entry.function.__qualname__:
        raise ValueError(f"two functions are called “{name}”")
    table[name] = entry


def find(name: str) -> Task:
    """Raises LookupError when nothing is registered under `name`."""
    discover("tasks")
    try:
        return _tasks[name]
    except KeyError:
        raise LookupError(f"no work is called “{name}”") from None


def failed(name: str) -> Failed | None:
    """Who wants to hear that such work was given up; nobody for work that no version knows any more."""
    discover("tasks")
    known = _tasks.get(name)
    return known.failed if known is not None else None


def every() -> list[Periodic]:
    discover("tasks")
    return list(_periodic.values())
