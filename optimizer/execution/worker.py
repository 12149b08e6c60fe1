"""The control worker: imports Xopt and torch once, before it forks; each child serves one execution."""

import os
import signal

import psutil
from celery.signals import worker_init, worker_process_init, worker_shutting_down

LEAVE = signal.SIGUSR2  # tells a child to restore what it moves and to end; Celery itself would wait for hours


def _is_control() -> bool:
    return os.environ.get("XOPTWEB_ROLE") == "control"


@worker_init.connect
def import_before_forking(**_: object) -> None:
    """Children inherit the libraries; none of this opens Channel Access or starts a thread that a fork loses."""
    if not _is_control():
        return
    os.environ["OMP_NUM_THREADS"] = "1"
    import torch

    torch.set_num_threads(1)
    from optimizer.generators.registry import preload

    preload()


@worker_process_init.connect
def ignore_until_executing(**_: object) -> None:
    """An idle child has nothing to leave; an execution sets its own handler."""
    signal.signal(LEAVE, signal.SIG_IGN)


@worker_shutting_down.connect
def tell_children(**_: object) -> None:
    """An execution restores when the worker is asked to end, instead of being waited for."""
    if _is_control():
        for child in psutil.Process().children():
            child.send_signal(LEAVE)
