"""What the present tool calls are for: the conversation or run on whose behalf they are made."""

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_subject: ContextVar[str] = ContextVar("serving", default="")


def subject() -> str:
    """Such as `conversation:7` or `run:12`; empty where nobody said."""
    return _subject.get()


@contextmanager
def serving(subject: str) -> Iterator[None]:
    """Tools that are called inside know what they serve."""
    token = _subject.set(subject)
    try:
        yield
    finally:
        _subject.reset(token)
