"""Finds the processes of a supervisor by the mark in their environment, and ends them."""

import os
from collections.abc import Callable
from pathlib import Path

import psutil

MARK = "XOPTWEB_SUPERVISOR"
"""Environment variable that all processes of one `xoptweb up` share, with a value of its own."""


def marked(of: Callable[[dict[str, str]], bool]) -> list[psutil.Process]:
    """All processes but this one whose environment satisfies `of`. Those of other users can't be read, nor are ours."""
    found = []
    for process in psutil.process_iter():
        if process.pid == os.getpid():
            continue
        try:
            if process.status() != psutil.STATUS_ZOMBIE and of(process.environ()):
                found.append(process)
        except (psutil.Error, OSError):
            continue
    return found


def of_mark(mark: str) -> Callable[[dict[str, str]], bool]:
    return lambda environment: environment.get(MARK) == mark


def of_home(home: Path, *, but: str) -> Callable[[dict[str, str]], bool]:
    """Processes that an earlier supervisor of this home left; `but` is the mark of the present one."""
    own = str(home)
    return lambda env: env.get("XOPTWEB_HOME") == own and env.get(MARK, but) != but


def end(of: Callable[[dict[str, str]], bool], *, grace_s: float) -> int:
    """Ask the processes to end, kill what has not after `grace_s`; how many there were."""
    processes = marked(of)
    for process in processes:
        send(process.terminate)
    if processes:
        psutil.wait_procs(processes, timeout=grace_s)
    while left := marked(of):
        for process in left:
            send(process.kill)
        psutil.wait_procs(left, timeout=1)
    return len(processes)


def send(signal: Callable[[], None]) -> None:
    try:
        signal()
    except psutil.NoSuchProcess:
        return
