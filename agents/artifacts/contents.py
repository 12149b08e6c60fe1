"""Files below `artifacts` of the home directory, named by the hash of what they hold."""

import hashlib
import os
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from xoptweb.config import config

OLD_S = 3600.0  # a file that no row names is left alone for so long: its row may still be written
UNFINISHED = ".new"


def digest_of(content: bytes) -> str:
    return hashlib.sha256(content).hexdigest()


def path(digest: str) -> Path:
    return config().home / "artifacts" / digest[:2] / digest


def write(content: bytes) -> str:
    """Have a file with this content, on the disk for good; its name. One that is there counts as new again."""
    digest = digest_of(content)
    target = path(digest)
    try:
        os.utime(target)
    except FileNotFoundError:
        target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        with tempfile.NamedTemporaryFile(dir=target.parent, suffix=UNFINISHED, delete=False) as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        Path(file.name).replace(target)
    return digest


def read(digest: str) -> bytes:
    """Raises FileNotFoundError: it is not on this host."""
    return path(digest).read_bytes()


def old() -> Iterator[Path]:
    """Files that could be swept away: whoever asks knows whether a row names them."""
    before = time.time() - OLD_S
    for file in (config().home / "artifacts").glob("??/*"):
        if file.stat().st_mtime < before:
            yield file
