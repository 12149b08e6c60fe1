"""`xoptweb migrate`."""

import argparse

from xoptweb.cli import django_setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--quiet", action="store_true", help="say nothing but errors")


def run(options: argparse.Namespace) -> int:
    django_setup.prepare(acts=False)
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=0 if options.quiet else 1)
    return 0
