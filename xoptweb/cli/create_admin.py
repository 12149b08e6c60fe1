"""`xoptweb create-admin`."""

import argparse
import sys

from xoptweb.cli import django_setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("username", nargs="?", default="admin", help="name to log in with (default: admin)")


def run(options: argparse.Namespace) -> int:
    django_setup.prepare(acts=False)
    from xoptweb.actors import Actor
    from xoptweb.supervisor.first_start import create, told

    by = Actor(user=None, via="cli", name="create-admin")
    sys.stdout.write(told([create(options.username, "administrator", title="administrator", by=by)]))
    return 0
