"""`xoptweb load`."""

import argparse
import sys
from pathlib import Path

from xoptweb.cli import django_setup


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, help="facility file (YAML), as examples/demo/facility.yaml")
    parser.add_argument("--address-list", default="", help="EPICS_CA_ADDR_LIST of the machine's processes")
    parser.add_argument("--server-port", type=int, help="EPICS_CA_SERVER_PORT, where unusual")


def run(options: argparse.Namespace) -> int:
    django_setup.prepare()
    from controls import facility
    from optimizer import facility as environments
    from xoptweb.actors import Actor

    by = Actor(user=None, via="cli", name="load")
    document = facility.read(options.file)
    machine = facility.load(document, address_list=options.address_list, server_port=options.server_port, by=by)
    if document.environment:
        environments.load(document, machine, by=by)
    sys.stdout.write(f"Loaded {machine.name}. If `xoptweb up` is running, `xoptweb reload` starts its processes.\n")
    return 0
