"""`xoptweb monitor`."""

import argparse

from xoptweb.cli import django_setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("machine", help="short name of the machine")


def run(options: argparse.Namespace) -> int:
    django_setup.prepare(logs=True, acts=False)
    from controls.monitor import process

    process.run(options.machine)
    return 0
