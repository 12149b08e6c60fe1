"""Waiting for what a worker does."""

import time
from collections.abc import Callable

from xoptweb.tools import serving

LOOK_S = 0.2
LONGEST_S = 50.0  # most programs that call tools give up after a minute


def until(done: Callable[[], bool]) -> bool:
    """Look a few times a second until `done()`; False when that takes too long, or nobody wants it any more."""
    ends = time.monotonic() + LONGEST_S
    while not (finished := done()) and time.monotonic() < ends and not serving.cancelled():
        time.sleep(LOOK_S)
    return finished
