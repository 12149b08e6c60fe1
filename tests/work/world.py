"""Functions that can be work in tests: they write into files, so that a test in another process sees them."""

import os
import time
from pathlib import Path

from xoptweb.transactions import transaction
from xoptweb.work import running
from xoptweb.work.registry import task

attempts: list[str] = []
followed: list[str] = []
given_up: list[tuple[dict[str, object], str]] = []


@task("tests.append")
def append(path: str, line: str = "x", seconds: float = 0.0) -> None:
    """Add a line with this process's id when it starts, and another when it ends."""
    with Path(path).open("a") as file:
        file.write(f"start {line} {os.getpid()}\n")
    if seconds:
        time.sleep(seconds)
        with Path(path).open("a") as file:
            file.write(f"end {line} {os.getpid()}\n")


@task("tests.fail", failed=lambda arguments, error: given_up.append((dict(arguments), error)))
def fail(message: str = "no luck") -> None:
    attempts.append(message)
    raise RuntimeError(message)


@task("tests.follow", follows=True)
def follow(line: str, error_before: str = "", error_after: str = "") -> None:
    """Note the line, and end with a commit of its own that may fail, before or after it."""
    with transaction("a change and the end of the work are one"):
        followed.append(line)
        running.ended_with_this()
        if error_before:
            raise RuntimeError(error_before)
    if error_after:
        raise RuntimeError(error_after)
