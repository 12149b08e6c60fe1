"""`xoptweb dev`."""

import argparse
from pathlib import Path

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, metavar="DIR", help="directory of the module")
    parser.add_argument("name", metavar="NAME", help="its namespace/name")
    parser.add_argument("input", metavar="INPUT", help="what the module gets, as text")
    modules_here.configuration_option(parser)


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules.execution import development, pool

    try:
        done = development.run(
            options.directory,
            options.name,
            options.input,
            by=modules_here.actor(),
            say=modules_here.say,
            **options.configuration,
        )
    finally:
        pool.close()
    return modules_here.tell_result(done)
