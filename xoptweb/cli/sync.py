"""`xoptweb sync`."""

import argparse
import sys

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--upgrade", action="store_true", help="take the newest that suits, whatever is locked")


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules.files import lock
    from modules.services import project_files, syncing

    by = modules_here.actor()
    project, directory = modules_here.project_here(by)
    text = project_files.read(directory).get(lock.FILE)
    locked = lock.parse(text) if text is not None else None
    rows = syncing.sync(project, by=by, say=modules_here.say, upgrade=options.upgrade, locked=locked)
    project_files.write_lock(project, directory)
    sys.stdout.writelines(f"{row.name}@{row.version}  {row.source}\n" for row in rows)
    return 0
