"""Transactions that fail."""

from collections.abc import Iterator
from contextlib import contextmanager, suppress

from xoptweb.transactions import transaction


class _OnPurpose(Exception):
    pass


@contextmanager
def rolled_back() -> Iterator[None]:
    """What the block does is undone at its end."""
    with suppress(_OnPurpose), transaction("fails on purpose"):
        yield
        raise _OnPurpose
