"""Makes Django ready for a command that needs the database."""

import logging
import os


def prepare(*, logs: bool = False) -> None:
    """`logs`: for a command that is a process of its own, whose output is its log."""
    os.environ.setdefault("XOPTWEB_ROLE", "command")  # no pages, so nothing of theirs is loaded
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xoptweb.settings")
    import django

    django.setup()
    if not logs:
        logging.getLogger().setLevel(logging.WARNING)
