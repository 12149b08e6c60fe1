"""The command `xoptweb`. Each command is a module beside this one, imported only when it is called."""

import argparse
import os
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from typing import Protocol, cast

COMMANDS = {
    "up": "start everything and stay in the foreground; Ctrl-C stops it",
    "status": "show the processes, whether they run, and their memory",
    "stop": "STOP: whatever moves stops and is restored; needs neither web nor broker",
    "setup": "migrate the database and, the first time, load the demo and create the first accounts",
    "migrate": "bring the database to this version",
    "load": "load a facility file: machine, channels, environment",
    "reload": "start the processes of machines that were added since `xoptweb up`",
    "create-admin": "create an administrator and print the password once",
    "token": "issue, list and revoke API tokens",
    "monitor": "run the monitor of one machine",
    "watchdog": "run the watchdog of one machine",
    "package": "make a .xopt package of a module's directory",
    "install": "install a module from its package or directory",
    "uninstall": "remove an installed module",
    "list": "show the installed modules and where they are",
    "run": "run an installed module; its result goes to standard output",
    "dev": "run a module from its directory, without installing it",
    "init": "make a project of this directory",
    "sync": "install what this directory's project needs, and lock it",
    "prun": "run a module as this directory's project has it",
    "chat": "talk with the assistant in a terminal",
    "mcp": "offer the tools to an agent on this host, over standard input and output",
}


class Command(Protocol):
    """What a module of a command has."""

    def arguments(self, parser: argparse.ArgumentParser) -> None: ...
    def run(self, options: argparse.Namespace) -> int: ...


def command(name: str) -> Command:
    return cast(Command, import_module(f"xoptweb.cli.{name.replace('-', '_')}"))


def parser(only: str | None = None) -> argparse.ArgumentParser:
    """The parser of all commands. With `only`, the others are there by name alone, and not imported."""
    root = argparse.ArgumentParser("xoptweb", description="Mission control for machines that are tuned by algorithms.")
    commands = root.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for name, says in COMMANDS.items():
        child = commands.add_parser(name, help=says, description=f"{says[0].upper()}{says[1:]}.")
        if only in (None, name):
            command(name).arguments(child)
    return root


def main(words: Sequence[str] | None = None) -> int:
    """Run one command; returns its exit code. A problem is told in words, without a traceback."""
    words = list(sys.argv[1:] if words is None else words)
    if not words:
        parser("").print_help(sys.stderr)
        return 2
    name = words[0] if words and words[0] in COMMANDS else ""
    options = parser(name).parse_args(words)
    from xoptweb.errors import Problem

    os.umask(0o077)  # what is kept is its owner's alone
    try:
        return command(options.command).run(options)
    except Problem as problem:
        sys.stderr.write(f"xoptweb {options.command}: {problem.message}\n")
        sys.stderr.writelines(f"    {field}: {reason}\n" for field, reason in problem.fields.items())
        return 1
    except KeyboardInterrupt:
        return 130
    except OSError as error:
        if not concerns_the_home(error):
            raise
        sys.stderr.write(f"xoptweb {options.command}: {error.filename} can't be used: {error.strerror}.\n")
        sys.stderr.write("    Set XOPTWEB_HOME to a directory that you may write to.\n")
        return 1
    except Exception as error:
        if not database_is_away(error):
            raise
        sys.stderr.write(f"xoptweb {options.command}: The database does not answer: {error}\n")
        return 1


def concerns_the_home(error: OSError) -> bool:
    """Whether what failed is the directory of all state, or something in it."""
    home = os.environ.get("XOPTWEB_HOME", "")
    return bool(home) and isinstance(error.filename, str) and Path(error.filename).is_relative_to(Path(home).absolute())


def database_is_away(error: Exception) -> bool:
    """Asked without importing Django, which a command that did not need it has not done."""
    errors = sys.modules.get("django.db.utils")
    return errors is not None and isinstance(error, errors.OperationalError)
