"""Naming a process so that others can tell whether it still lives."""

import os
import socket
import sys
from functools import cache
from pathlib import Path

import psutil

DEAD_STATES = {"Z", "X"}


def identity() -> str:
    """This process as `host:pid:start`; a later process with the same pid has another start."""
    return _identity(os.getpid())


@cache
def _identity(pid: int) -> str:
    return f"{_host()}:{pid}:{_start(pid)}"


os.register_at_fork(after_in_child=_identity.cache_clear)


def alive(name: str) -> bool | None:
    """Whether the process of that identity runs on this host; None when it belongs to another host."""
    host, pid, start = name.rsplit(":", 2)
    if host != _host():
        return None
    return _start(int(pid)) == start


@cache
def _host() -> str:
    return socket.gethostname()


def _start(pid: int) -> str | None:
    """When the process started, in the system's own unit; None when it is gone or only waits to be reaped."""
    return _start_linux(pid) if sys.platform == "linux" else _start_elsewhere(pid)


def _start_linux(pid: int) -> str | None:
    """Clock ticks after boot: unlike a time of day they don't move when the clock is set."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except (FileNotFoundError, ProcessLookupError):
        return None
    return None if fields[0] in DEAD_STATES else fields[19]


def _start_elsewhere(pid: int) -> str | None:
    try:
        process = psutil.Process(pid)
        return None if process.status() == psutil.STATUS_ZOMBIE else f"{process.create_time():.2f}"
    except psutil.NoSuchProcess:
        return None
