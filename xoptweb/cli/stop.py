"""`xoptweb stop`."""

import argparse
import getpass
import os
import re
import socket
import sys
from pathlib import Path

from controls import stopfile


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--machine", metavar="NAME", type=short_name, help="only this machine (default: all)")
    parser.add_argument("--reason", default="STOP in a terminal", help="what the record and the pages will say")


def short_name(text: str) -> str:
    if not re.fullmatch(r"[-a-zA-Z0-9_]+", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not the short name of a machine")
    return text


def run(options: argparse.Namespace) -> int:
    """First the stop file, which needs nothing but the disk; then what needs the database."""
    by = f"{getpass.getuser()} on {socket.gethostname()}"
    known = (home() / "run").is_dir()
    told = tell(options.machine, by=by, reason=options.reason)
    if not known:
        sys.stderr.write(f"Nothing was ever started in {home()}. Is XOPTWEB_HOME the one of `xoptweb up`?\n")
    recorded = record(options.machine, by=by, reason=options.reason)
    return recorded if told else 1


def tell(machine: str | None, *, by: str, reason: str) -> bool:
    """Write the stop file; False, with the reason on the terminal, where the disk does not take it."""
    try:
        stopfile.pull(home(), machine or stopfile.EVERYTHING, by=by, reason=reason)
    except OSError as error:
        sys.stderr.write(f"The stop file could not be written ({error}); trying by the database.\n")
        sys.stderr.write("    Set XOPTWEB_HOME to a directory that you may write to.\n")
        return False
    which = f"every writer of {machine}" if machine else "every writer"
    sys.stdout.write(f"STOP: {which} on this host has been told, in {home()}.\n")
    sys.stdout.flush()
    return True


def home() -> Path:
    """As `config().home`, without the half second that reading all settings and Django takes."""
    return Path(os.environ.get("XOPTWEB_HOME") or Path(__file__).resolve().parents[2] / "var")


def record(slug: str | None, *, by: str, reason: str) -> int:
    """Reach writers on other hosts, and what waits, through the database; returns the exit code."""
    from django.db import DatabaseError

    from xoptweb.cli import django_setup

    django_setup.prepare()
    from controls.models import Machine
    from controls.services import stopping
    from xoptweb.actors import Actor
    from xoptweb.errors import NotFound

    actor = Actor(user=None, via="cli", name=by)
    try:
        if slug is None:
            report = stopping.stop_everything(by=actor, reason=reason)
        else:
            machine = Machine.objects.filter(slug=slug).first()
            if machine is None:
                names = ", ".join(Machine.objects.values_list("slug", flat=True)) or "none"
                raise NotFound(
                    f"There is no machine “{slug}”, so nothing was stopped. Known: {names}. "
                    "Without --machine, everything stops."
                )
            report = stopping.stop_machine(machine, by=actor, reason=reason)
    except DatabaseError as error:
        sys.stderr.write(f"The database did not answer ({error}): it is not recorded, and other hosts do not know.\n")
        return 1
    sys.stdout.write(report.message + "\n")
    return 0
