"""What apps register in a file of their own is loaded when it is first asked for, and in no process that never asks.

Loading takes a tenth of a second, too long inside a transaction: a process that is going to ask loads it at its start.
"""

import threading

from django.utils.module_loading import autodiscover_modules

ACTING = ("tasks", "approval_kinds")

_loaded: set[str] = set()
_one_at_a_time = threading.RLock()


def discover(name: str) -> None:
    """Import the module `name` of every app that has one, unless that was done: whoever asks a registry finds it full.

    Raises:
        django.core.exceptions.AppRegistryNotReady: Django is not set up yet.
    """
    if name in _loaded:
        return
    with _one_at_a_time:  # another thread that asks meanwhile waits, for it would find half of it
        if name not in _loaded:
            autodiscover_modules(name)
            _loaded.add(name)


def discover_acting() -> None:
    """For a process that asks for work, or closes approvals."""
    for name in ACTING:
        discover(name)


def discover_all() -> None:
    """For a process that does the work or serves pages, before it forks or begins to serve."""
    discover_acting()
    discover("tools")
