"""STOP without web, broker or database: a file on the host, looked at by every writer 50 times a second."""

import json
import os
import time
from pathlib import Path

EVERYTHING = "@everything"  # no machine can be called so


def pull(home: Path, machine: str = EVERYTHING, *, by: str, reason: str) -> Path:
    """Write the stop file of one machine, or of all. Durable when this returns; needs nothing but the disk."""
    directory = home / "stop"
    directory.mkdir(parents=True, exist_ok=True, mode=0o700)
    path = directory / machine
    temporary = directory / f".{machine}.{os.urandom(8).hex()}"  # two may press at once, in one process too
    with temporary.open("w") as file:
        json.dump({"by": by, "reason": reason, "at": time.time(), "nonce": os.urandom(8).hex()}, file)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    return path


class StopFile:
    """Notices when the stop file of `machine`, or of everything, is written after this was made."""

    def __init__(self, machine: str, home: Path | None = None) -> None:
        if home is None:
            from xoptweb.config import config

            home = config().home
        self._paths = [home / "stop" / machine, home / "stop" / EVERYTHING]
        self._seen = {path: self._mark(path) for path in self._paths}

    def pulled(self) -> str:
        """The reason of a new stop, or nothing. Two `stat` calls."""
        for path in self._paths:
            mark = self._mark(path)
            if mark is not None and mark != self._seen[path]:
                return self._reason(path)
        return ""

    @staticmethod
    def _mark(path: Path) -> tuple[int, int] | None:
        try:
            status = path.stat()
        except OSError:
            return None
        return status.st_mtime_ns, status.st_ino

    @staticmethod
    def _reason(path: Path) -> str:
        try:
            said = json.loads(path.read_text())
            return f"STOP by {said['by']}: {said['reason']}"
        except (OSError, ValueError, KeyError):
            return "STOP"
