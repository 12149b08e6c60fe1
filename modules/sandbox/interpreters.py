"""The interpreters of this process: one for each conversation, begun when it is needed, and frozen between calls."""

import os
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xoptweb.config import config
from xoptweb.tools import serving
from xoptweb.tools.watched import LOOK_S, WantedNoMore

if TYPE_CHECKING:
    from modules.runner import Limits, Pool, Spec

MOST = 4  # interpreters that wait, on one host
PROCESSES = 32
PRINTED_MB = 4.0
MESSAGE_MB = 40.0  # all files of a conversation, and figures
DISK_MB = 200
TABLE_S, TABLE_MB = 20.0, 700

_lock = threading.Lock()
_pools: dict[tuple[int, str], "Pool"] = {}
_busy: set[int] = set()
_free = threading.Condition()


def pool() -> "Pool":
    """This process's own: a forked child does not use its parent's."""
    return _pool("conversations", idle_s=config().agent_code_idle_s, most=MOST, large=1.0, frozen=True)


def tables() -> "Pool":
    """For a process that answers once."""
    return _pool("tables", uses=1)


def _pool(name: str, **options: Any) -> "Pool":
    from modules.runner import Pool  # only who runs code loads what that needs

    key = (os.getpid(), name)
    with _lock:
        if key not in _pools:
            _pools[key] = Pool(**options)
        return _pools[key]


def close() -> None:
    """End all interpreters of this process."""
    with _lock:
        mine = [_pools.pop(key) for key in list(_pools) if key[0] == os.getpid()]
    for each in mine:
        each.close()


@contextmanager
def one_at_a_time(number: int) -> Iterator[None]:
    """Wait until no other thread uses the interpreter of this conversation: it is one, and so are its files.

    Raises:
        WantedNoMore: it was cancelled meanwhile.
    """
    with _free:
        while number in _busy:
            _free.wait(LOOK_S)
            if serving.cancelled():
                raise WantedNoMore("It was cancelled before its turn came.", code="cancelled")
        _busy.add(number)
    try:
        yield
    finally:
        with _free:
            _busy.discard(number)
            _free.notify_all()


def of_conversation(number: int) -> "Spec":
    limits = _limits(config().agent_code_s, config().agent_code_memory_mb)
    return _spec(f"conversation:{number}", Path(config().agent_interpreter or sys.executable), limits)


def of_table() -> "Spec":
    """With the libraries of xoptweb itself, whatever the interpreter of conversations has."""
    return _spec("table", Path(sys.executable), _limits(TABLE_S, TABLE_MB))


def _limits(seconds: float, memory_mb: int) -> "Limits":
    from modules.runner import Limits

    return Limits(
        seconds=seconds,
        memory_mb=memory_mb,
        processes=PROCESSES,
        output_mb=PRINTED_MB,
        message_mb=MESSAGE_MB,
        disk_mb=DISK_MB,
    )


def _spec(digest: str, python: Path, limits: "Limits") -> "Spec":
    from modules.runner import Spec
    from modules.runner.starting import START

    source, code = START.parent, "xoptweb_child/coding.py"
    return Spec("The interpreter", "1", source, python, code, digest=digest, limits=limits, serves="code")
