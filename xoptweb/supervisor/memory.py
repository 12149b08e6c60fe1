"""How much memory the processes take: proportional set size, in which shared pages count once over all."""

import time

import psutil


def proportional(pid: int) -> int:
    """Bytes of this process and its descendants; 0 when it is gone."""
    try:
        root = psutil.Process(pid)
        return sum(alone(process.pid) for process in [root, *root.children(recursive=True)])
    except psutil.NoSuchProcess:
        return 0


def alone(pid: int) -> int:
    """Bytes of one process. Where the system has no PSS (not Linux), the memory that it alone has."""
    try:
        memory = psutil.Process(pid).memory_full_info()
    except psutil.NoSuchProcess:
        return 0
    return int(getattr(memory, "pss", memory.uss))


def age_s(pid: int) -> int:
    try:
        return int(time.time() - psutil.Process(pid).create_time())
    except psutil.NoSuchProcess:
        return 0
