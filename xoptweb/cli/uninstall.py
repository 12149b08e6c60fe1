"""`xoptweb uninstall`."""

import argparse
import sys

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="namespace/name for all its versions, or namespace/name@version")


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules.models import ModuleVersion
    from modules.package import Reference
    from modules.services import finding, installing
    from xoptweb.errors import NotFound

    wanted = Reference.parse(options.name)
    versions = ModuleVersion.objects.filter(module=finding.module(wanted.name))
    if wanted.version is not None:
        versions = versions.filter(pk=finding.version(options.name).pk)
    removed = installing.uninstall(versions, by=modules_here.actor())
    if not removed:
        raise NotFound(f"{options.name} is not installed.")
    sys.stdout.writelines(f"Uninstalled {version}.\n" for version in removed)
    return 0
