"""What root may do beyond its own files: nothing, inside a module."""

from __future__ import annotations

import ctypes
import os

VERSION_3 = 0x20080522
PR_CAPBSET_DROP = 24
LAST = 63


def drop(libc: ctypes.CDLL) -> None:
    """Give up every capability; for anyone but root there are none.

    Raises:
        OSError: the kernel refused.
    """
    if os.geteuid() != 0:
        return
    for number in range(LAST + 1):
        libc.prctl(PR_CAPBSET_DROP, number, 0, 0, 0)  # refused where it is unknown or not ours to drop
    header = (ctypes.c_uint32 * 2)(VERSION_3, 0)
    nothing = (ctypes.c_uint32 * 6)()
    if libc.capset(ctypes.byref(header), ctypes.byref(nothing)) != 0:
        raise OSError(ctypes.get_errno(), "capset")
