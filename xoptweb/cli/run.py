"""`xoptweb run`."""

import argparse

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="namespace/name, with @version where another than the current")
    parser.add_argument("input", metavar="INPUT", help="what the module gets, as text")
    modules_here.configuration_option(parser)


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules.execution import pool
    from modules.services import running

    try:
        done = running.now(options.name, options.input, by=modules_here.actor(), **options.configuration)
        return modules_here.tell_result(done)
    finally:
        pool.close()
