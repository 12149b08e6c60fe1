"""`xoptweb reload`."""

import argparse
import sys

from xoptweb.cli import django_setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "`xoptweb up` must be running with the same XOPTWEB_HOME."


def run(options: argparse.Namespace) -> int:
    django_setup.prepare()
    from controls.models import Machine
    from xoptweb.config import config
    from xoptweb.supervisor import machines
    from xoptweb.supervisor.control import Control
    from xoptweb.supervisor.places import places

    found = places(config())
    machines.write(config(), found, Machine.objects.all())
    started, stopped = Control(found.socket).reload()
    for name in started:
        sys.stdout.write(f"started {name}\n")
    for name in stopped:
        sys.stdout.write(f"stopped {name}\n")
    return 0
