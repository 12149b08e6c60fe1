"""Who reads tables that are no CSV: an upper floor, which has a sandbox for that, registers itself when it starts."""

from collections.abc import Callable
from typing import Any

Reader = Callable[[bytes, dict[str, Any]], dict[str, Any]]

PARQUET = b"PAR1"
_readers: dict[bytes, Reader] = {}


def register(magic: bytes, reader: Reader) -> None:
    """`reader(content, arguments)` looks at files that begin with `magic`; it raises Invalid or Unavailable."""
    _readers[magic] = reader


def reader_of(content: bytes) -> Reader | None:
    return next((reader for magic, reader in _readers.items() if content.startswith(magic)), None)
