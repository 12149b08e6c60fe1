"""What the commands of modules share: who acts, a database that is there, `-c`, messages."""

import argparse
import json
import logging
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

from xoptweb.cli import django_setup

if TYPE_CHECKING:
    from modules.models import Project, Run
    from xoptweb.actors import Actor

USAGE = 2


def prepare() -> None:
    """Make Django ready, and the database too, where there is none yet.

    Raises:
        Unavailable: the database is not of this version.
    """
    django_setup.prepare()
    # without a broker there are no pages that could be told; with one, they ask the database every 2 s anyway
    logging.getLogger("xoptweb.courier").setLevel(logging.ERROR)
    from django.core.management import call_command

    from xoptweb.config import config
    from xoptweb.errors import Unavailable
    from xoptweb.supervisor import prepared

    applied = prepared.applied(config())
    if prepared.required() <= applied:
        return
    if applied:
        raise Unavailable("The database is not of this version: `xoptweb migrate` brings it there.")
    say("preparing the database, once")
    call_command("migrate", interactive=False, verbosity=0)


def actor() -> "Actor":
    """Whoever has this host's command line may do everything, and is named."""
    import getpass

    from xoptweb.actors import Actor

    return Actor(user=None, via="cli", name=f"{getpass.getuser()} in a terminal")


def say(line: str) -> None:
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def configuration_option(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "-c", "--configuration", type=configuration, default={}, metavar="JSON",
        help='{"tunables": {…}, "configurables": {…}} for this run',
    )  # fmt: skip


def configuration(text: str) -> dict[str, dict[str, Any]]:
    """What `-c` gives. Raises ArgumentTypeError, which ends the command with exit code 2."""
    try:
        given = json.loads(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"not JSON: {error}") from None
    if not isinstance(given, dict) or set(given) - {"tunables", "configurables"}:
        raise argparse.ArgumentTypeError("only “tunables” and “configurables” belong there")
    if not all(isinstance(table, dict) for table in given.values()):
        raise argparse.ArgumentTypeError("“tunables” and “configurables” are objects")
    return cast("dict[str, dict[str, Any]]", given)


def tell_result(run: "Run") -> int:
    """The result alone on standard output; else what went wrong on standard error. The exit code."""
    if run.state == "succeeded":
        sys.stdout.write(f"{run.text}\n")
        return 0
    if run.traceback:
        sys.stderr.write(run.traceback.rstrip("\n") + "\n")
    say(f"{run.version} {run.state}: {run.error or 'it was cancelled'}")
    say(f"The trace is that of run {run.pk}.")
    return 1


def project_here(by: "Actor") -> tuple["Project", Path]:
    """The project of the present directory, or of the nearest above it that has one, and its directory.

    Raises:
        NotFound: there is none.
        Invalid: one of its files is wrong.
    """
    from modules.services import project_files

    here = Path.cwd()
    for directory in (here, *here.parents):
        if (directory / project_files.DIRECTORY / "deps.toml").is_file():
            return project_files.of_directory(directory, by=by), directory
    return project_files.of_directory(here, by=by), here
