"""`xoptweb prun`."""

import argparse

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("name", metavar="NAME", help="namespace/name of a module that the project depends on")
    parser.add_argument("input", metavar="INPUT", help="what the module gets, as text")


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules.execution import pool
    from modules.services import running, syncing

    by = modules_here.actor()
    project, _ = modules_here.project_here(by)
    syncing.require_synced(project, options.name)
    try:
        return modules_here.tell_result(running.now(options.name, options.input, by=by, project=project))
    finally:
        pool.close()
