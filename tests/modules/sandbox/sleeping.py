"""Looking for a program that a sandbox has started."""

import os
from pathlib import Path

PART = os.getpid()  # nobody else's programs sleep for so long


def sleeping(seconds: str) -> bool:
    """Whether a `sleep` of exactly so long runs on this host."""
    return any(seconds.encode() in _words(path) for path in Path("/proc").glob("[0-9]*/cmdline"))


def _words(path: Path) -> list[bytes]:
    try:
        return path.read_bytes().split(b"\0")
    except OSError:  # it has ended meanwhile
        return []
