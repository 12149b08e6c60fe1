"""Putting a finished directory in the place of an old one, in one moment."""

import ctypes
import errno
import os
import shutil
import sys
import time
import uuid
from contextlib import suppress
from pathlib import Path

AT_FDCWD = -100
RENAME_EXCHANGE = 2
ASIDE = ".building"
FORGOTTEN_S = 24 * 3600


def aside(root: Path) -> Path:
    """A new name for a directory on the same disk, where nobody looks for modules; forgotten ones are removed."""
    directory = root / ASIDE
    directory.mkdir(parents=True, exist_ok=True)
    for old in directory.iterdir():
        with suppress(FileNotFoundError):
            if time.time() - old.stat().st_mtime > FORGOTTEN_S:
                shutil.rmtree(old, ignore_errors=True)
    return directory / uuid.uuid4().hex


def put(finished: Path, target: Path) -> None:
    """`finished` becomes `target`; what was there before is removed. At every moment one of the two is complete."""
    target.parent.mkdir(parents=True, exist_ok=True)
    if not target.exists():
        finished.rename(target)
        return
    if not _exchanged(finished, target):
        old = finished.with_name(f"{finished.name}.old")
        target.rename(old)
        finished.rename(target)
        finished = old
    shutil.rmtree(finished, ignore_errors=True)


def take_away(target: Path, root: Path) -> None:
    """Remove a directory, first from sight, then from the disk."""
    gone = aside(root)
    target.rename(gone)
    shutil.rmtree(gone, ignore_errors=True)
    for parent in (target.parent, target.parent.parent):
        with suppress(OSError):  # other versions, other modules
            if parent != root:
                parent.rmdir()


def _exchanged(one: Path, other: Path) -> bool:
    """Exchange two directories in one step; False where the system cannot."""
    if sys.platform != "linux":
        return False
    libc = ctypes.CDLL(None, use_errno=True)
    if not hasattr(libc, "renameat2"):
        return False
    if libc.renameat2(AT_FDCWD, os.fsencode(one), AT_FDCWD, os.fsencode(other), RENAME_EXCHANGE) == 0:
        return True
    error = ctypes.get_errno()
    if error in (errno.EINVAL, errno.ENOSYS):
        return False
    raise OSError(error, os.strerror(error), str(one))
