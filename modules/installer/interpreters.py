"""The Python interpreters of this machine, and which of them a module can have."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from packaging.specifiers import SpecifierSet
from packaging.version import Version

from modules import sdk
from modules.installer.errors import InstallError

NAME = re.compile(r"python3(\.\d+)?")
ASK = "import sys; print('%d.%d.%d' % sys.version_info[:3], sys.implementation.name, sys.version_info.releaselevel)"
PLACES = ("~/.pyenv/versions/*/bin", "~/.local/share/uv/python/*/bin", "/opt/python*/bin", "/usr/local/bin", "/usr/bin")
ANSWERS_S = 10.0


@dataclass(frozen=True, slots=True)
class Interpreter:
    """`version` is that of the interpreter itself: “3.12.1”."""

    path: Path
    version: str


def fitting(requires_python: str) -> Interpreter:
    """Our own interpreter when it fits, else the newest that does.

    Raises:
        InstallError: none fits, with those that were found.
    """
    wanted = SpecifierSet(requires_python) & SpecifierSet(sdk.REQUIRES_PYTHON)
    own = Interpreter(Path(getattr(sys, "_base_executable", sys.executable)), ".".join(map(str, sys.version_info[:3])))
    if own.version in wanted:
        return own
    found = others(os.environ.get("PATH", ""))
    fit = [each for each in found if each.version in wanted]
    if fit:
        return max(fit, key=lambda each: Version(each.version))
    versions = ", ".join(sorted({own.version, *(each.version for each in found)}, key=Version))
    raise InstallError(
        f"The module needs Python {requires_python or sdk.REQUIRES_PYTHON}, but this machine has {versions}."
        " Install a fitting one, such as with “uv python install”, and try again.",
        code="no_interpreter",
    )


@lru_cache(maxsize=4)
def others(path: str) -> tuple[Interpreter, ...]:
    """Every interpreter in the usual places and in the directories of `path`."""
    found: dict[Path, Interpreter] = {}
    for program in _programs(path):
        real = program.resolve()
        if real not in found and (version := _version(program)) is not None:
            found[real] = Interpreter(real, version)
    return tuple(found.values())


def _programs(path: str) -> Iterator[Path]:
    directories = [Path(part) for part in path.split(os.pathsep) if part]
    for place in PLACES:
        base = Path(place).expanduser()
        directories += sorted(Path(base.anchor).glob(str(base.relative_to(base.anchor))))
    for directory in directories:
        if directory.is_dir() and "shims" not in directory.parts and not (directory.parent / "pyvenv.cfg").exists():
            yield from sorted(p for p in directory.iterdir() if NAME.fullmatch(p.name) and os.access(p, os.X_OK))


def _version(program: Path) -> str | None:
    """None when it does not answer, or is not a finished CPython."""
    try:
        asked = subprocess.run(
            [program, "-I", "-S", "-c", ASK], capture_output=True, text=True, timeout=ANSWERS_S, check=True
        )
        version, implementation, level = asked.stdout.split()
    except (OSError, subprocess.SubprocessError, ValueError):
        return None
    return version if (implementation, level) == ("cpython", "final") else None
