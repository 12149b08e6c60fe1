"""`xoptweb install`."""

import argparse
import sys
import tempfile
from pathlib import Path

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file", type=Path, nargs="?", metavar="FILE", help="a package, or a module's directory (default: this one)"
    )
    parser.add_argument("--stages", action="store_true", help="the modules for stages that ship, with their grants")


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    if options.stages:
        return install_stages()
    file = options.file or Path.cwd()
    if not file.is_dir():
        return install(file)
    from modules import package

    with tempfile.TemporaryDirectory(prefix="xoptweb-") as directory:
        return install(package.write(file, Path(directory)))


def install(file: Path) -> int:
    from modules.services import grants, installing

    version = installing.install_now(file, by=modules_here.actor(), say=modules_here.say)
    modules_here.say(f"It may use: {', '.join(grants.texts(version.module)) or 'nothing'}.")
    sys.stdout.write(f"Installed {version}.\n")
    return 0


def install_stages() -> int:
    from optimizer.services import shipped

    made = shipped.install_now(by=modules_here.actor(), say=modules_here.say)
    for version in made:
        sys.stdout.write(f"Installed {version}.\n")
    if not made:
        modules_here.say("All of them are here already.")
    return 0
