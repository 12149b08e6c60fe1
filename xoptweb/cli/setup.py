"""`xoptweb setup`."""

import argparse
import sys

from xoptweb.cli import django_setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--demo-port", type=int, help="load the demo facility, whose IOC listens on this port")
    parser.epilog = "`xoptweb up` does this when it is needed. Doing it again changes nothing."


def run(options: argparse.Namespace) -> int:
    django_setup.prepare()
    from xoptweb.config import config
    from xoptweb.supervisor import setup
    from xoptweb.supervisor.places import places

    sys.stdout.write(setup.prepare(config(), places(config()), demo_port=options.demo_port))
    return 0
