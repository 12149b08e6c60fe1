"""Makes Django ready for a command that needs the database."""

import logging
import os


def prepare(*, logs: bool = False, acts: bool = True) -> None:
    """`logs`: for a command that is a process of its own, whose output is its log.

    `acts`: it may ask for work or close approvals. What is registered for that is loaded now, and not while a
    transaction holds the database's write lock.
    """
    os.environ.setdefault("XOPTWEB_ROLE", "command")  # no pages, so nothing of theirs is loaded
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xoptweb.settings")
    import django

    django.setup()
    if acts:
        from xoptweb.discovery import discover_acting

        discover_acting()
    if not logs:
        logging.getLogger().setLevel(logging.WARNING)
