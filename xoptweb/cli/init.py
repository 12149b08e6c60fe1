"""`xoptweb init`."""

import argparse
import sys
from pathlib import Path

from xoptweb.cli import modules_here


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.epilog = "It makes .xopt/deps.toml in this directory. What is there already stays as it is."


def run(options: argparse.Namespace) -> int:
    modules_here.prepare()
    from modules.services import project_files

    place = Path.cwd() / project_files.DIRECTORY
    file = place / "deps.toml"
    if file.exists():
        modules_here.say(f"{file} is there already.")
    else:
        place.mkdir(exist_ok=True)
        file.write_text(project_files.EMPTY, encoding="utf-8")
    project = project_files.of_directory(Path.cwd(), by=modules_here.actor())
    sys.stdout.write(f"Project {project.name}: write what it needs into {file}, then `xoptweb sync`.\n")
    return 0
