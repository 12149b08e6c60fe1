"""Everything that bounds this process, applied once, before any code of the module runs."""

from __future__ import annotations

import ctypes
import os
import resource
import signal
from typing import Any

from xoptweb_child import capabilities, landlock, seccomp

PR_SET_PDEATHSIG = 1
PR_SET_DUMPABLE = 4
PR_SET_NO_NEW_PRIVS = 38
PR_SET_CHILD_SUBREAPER = 36
LIBC = ctypes.CDLL(None, use_errno=True)


def apply(orders: dict[str, Any]) -> None:
    """`orders` has `parent`, `limits` and `confinement`.

    Raises:
        OSError: the kernel refused; the process must not go on.
    """
    for number, size in orders["limits"].items():
        _limit(int(number), int(size))
    if not orders["linux"]:
        return
    _prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
    if orders["parent"] and os.getppid() != orders["parent"]:
        os._exit(1)  # the host died before the line above
    _prctl(PR_SET_CHILD_SUBREAPER, 1)
    _prctl(PR_SET_NO_NEW_PRIVS, 1)
    capabilities.drop(LIBC)
    if orders["landlock"]:
        landlock.restrict(
            LIBC, orders["landlock"], read=orders["read"], write=orders["write"], network=orders["network"]
        )
    if orders["seccomp"]:
        seccomp.restrict(LIBC, network=orders["network"])


def _limit(number: int, size: int) -> None:
    _, hard = resource.getrlimit(number)
    if hard != resource.RLIM_INFINITY:
        size = min(size, hard)
    resource.setrlimit(number, (size, size))


def _prctl(option: int, value: int) -> None:
    if LIBC.prctl(option, value, 0, 0, 0) != 0:
        raise OSError(ctypes.get_errno(), f"prctl {option}")
