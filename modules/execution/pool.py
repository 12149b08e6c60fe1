"""The warm module processes of this process, made when the first run needs them."""

import os
import threading

from modules.runner import Pool

_lock = threading.Lock()
_pools: dict[int, Pool] = {}


def pool() -> Pool:
    """This process's own pool: a forked child does not use its parent's."""
    with _lock:
        mine = _pools.get(os.getpid())
        if mine is None:
            _pools.clear()
            mine = _pools[os.getpid()] = Pool()
        return mine


def close() -> None:
    """End all warm processes of this process."""
    with _lock:
        mine = _pools.pop(os.getpid(), None)
    if mine is not None:
        mine.close()
