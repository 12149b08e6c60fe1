"""What a worker does before it forks a child."""

import gc

from celery.signals import worker_before_create_process, worker_init

from xoptweb.discovery import discover_all


@worker_init.connect
def load_what_children_need(**_: object) -> None:
    """Also a worker that has threads for children needs it, before its first work."""
    discover_all()


@worker_before_create_process.connect
def keep_memory_shared(**_: object) -> None:
    """Take what is there out of the garbage collector's sight: looking through it, a child would copy all of it."""
    gc.freeze()
