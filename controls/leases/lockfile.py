"""A lock on a file tells of a writer's death at once, on the host where it lived."""

import fcntl
import os
from pathlib import Path

from xoptweb.config import config


class LockFile:
    """Held until closed, or until the process dies however it dies."""

    def __init__(self, path: Path) -> None:
        self.path = path
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)

    def close(self) -> None:
        if self._descriptor >= 0:
            self.path.unlink(missing_ok=True)
            os.close(self._descriptor)
            self._descriptor = -1


def new_path(name: str) -> Path:
    return config().home / "leases" / f"{name}.lock"


def abandoned(path: Path) -> bool:
    """Whether nobody holds this host's lock file any more. A missing file counts as abandoned."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CLOEXEC)
    except FileNotFoundError:
        return True
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    finally:
        os.close(descriptor)
    return True
