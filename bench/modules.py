"""Modules as parts of the benchmark install them."""

import time
from pathlib import Path

from bench.world import World

EXAMPLES = Path(__file__).resolve().parents[1] / "examples" / "modules"
CALCULATOR = "examples/calculator"


def calculator(here: World) -> None:
    """Have the smallest example installed, its venv included."""
    install(packaged(here, EXAMPLES / "calculator"))


def packaged(here: World, source: Path) -> Path:
    """The archive of a module's sources."""
    from modules import package

    return package.write(source, here.directory)


def install(archive: Path) -> float:
    """Seconds it took, its venv included."""
    from modules.services import installing
    from xoptweb.actors import system

    began = time.monotonic()
    installing.install_now(archive, by=system("bench"), say=lambda line: None)
    return time.monotonic() - began
