"""One id that ties together everything that happened because of one request."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_current: ContextVar[str] = ContextVar("correlation", default="")


def new() -> str:
    return uuid.uuid4().hex


def current() -> str:
    """The id of what is going on here, or an empty string."""
    return _current.get()


@contextmanager
def following(correlation: str) -> Iterator[None]:
    """Work, audits and approvals made inside carry `correlation` unless they are given another."""
    token = _current.set(correlation)
    try:
        yield
    finally:
        _current.reset(token)
