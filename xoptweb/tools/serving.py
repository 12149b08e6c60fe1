"""What the present tool calls are for: the conversation or run on whose behalf they are made."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar

from xoptweb.actors import Actor
from xoptweb.discovery import discover

_subject: ContextVar[str] = ContextVar("serving", default="")
_cancelled: ContextVar[Callable[[], bool] | None] = ContextVar("serving_cancelled", default=None)
_by_workers: ContextVar[bool] = ContextVar("serving_by_workers", default=False)
_outside: list[Callable[[Actor], str]] = []


def subject() -> str:
    """Such as `conversation:7` or `run:12`; empty where nobody said."""
    return _subject.get()


def for_everybody() -> bool:
    """Whether everybody can read what tools answer now: they serve a run, whose trace is nobody's own."""
    return subject().startswith("run:")


def cancelled() -> bool:
    """Whether nobody wants the result any more; tools that take long ask a few times a second."""
    ask = asking()
    return ask is not None and ask()


def asking() -> Callable[[], bool] | None:
    """The same question, for another thread that looks while this one works; None where nobody cancels."""
    return _cancelled.get()


def by_workers() -> bool:
    """Whether what takes long is for a worker: this process serves pages, and is none itself, which could wait for
    itself."""
    return _by_workers.get()


@contextmanager
def serving(subject: str, cancelled: Callable[[], bool] | None = None, *, by_workers: bool = False) -> Iterator[None]:
    """Tools that are called inside know what they serve, and can ask whether it is still wanted."""
    token, asked, workers = _subject.set(subject), _cancelled.set(cancelled), _by_workers.set(by_workers)
    try:
        yield
    finally:
        _subject.reset(token)
        _cancelled.reset(asked)
        _by_workers.reset(workers)


def outside_is(of: Callable[[Actor], str]) -> None:
    """Have `of(by)` name what the tools that are about a conversation serve, where an agent outside calls them."""
    _outside[:] = [of]


def outside(by: Actor) -> str:
    """What such tools serve for `by`, who is no conversation's model. Raises NotAllowed."""
    discover("tools")
    return _outside[0](by)
