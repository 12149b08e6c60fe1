"""One supervisor per home directory."""

import fcntl
import os
from pathlib import Path
from typing import TextIO

from xoptweb.errors import Conflict


def take(path: Path) -> TextIO:
    """Take the lock; it is held as long as the returned file is open, and given back by the kernel at a death.

    Raises:
        Conflict: another supervisor holds it.
    """
    file = path.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = file.read().strip() or "unknown"
        file.close()
        message = (
            f"xoptweb already runs in {path.parent.parent} (process {holder}). Stop it there with Ctrl-C, "
            "or set XOPTWEB_HOME to another directory."
        )
        raise Conflict(message, code="already_running") from None
    file.truncate(0)
    file.write(f"{os.getpid()}\n")
    file.flush()
    return file


def holder(path: Path) -> int | None:
    """Process id of the supervisor that holds the lock now, if one does."""
    try:
        file = path.open("r+")
    except FileNotFoundError:
        return None
    with file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return int(file.read().strip() or 0) or None
    return None
