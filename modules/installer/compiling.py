"""Byte code of what xoptweb itself brings into a module's process, made once for each version of Python.

A module's process can't write any. That of the module and of what it depends on is written when the module is started
for the first time, in the directory where it is being built.
"""

import subprocess
from collections.abc import Iterator
from pathlib import Path

from modules import sdk
from modules.runner.starting import START

LONGEST_S = 60.0


def compile_own(python: Path, version: str) -> None:
    """Compile what is not compiled yet for this version (“3.12.1”). Where nothing can be written, starts are slower."""
    tag = "cpython-" + "".join(version.split(".")[:2])
    if any(not _fresh(path, tag) for path in _files()):
        words = [str(python), "-I", "-S", "-m", "compileall", "-q", str(START.parent), str(sdk.SOURCE)]
        subprocess.run(words, capture_output=True, timeout=LONGEST_S, check=False)


def _files() -> Iterator[Path]:
    for directory in (START.parent / "xoptweb_child", *(path for path in sdk.SOURCE.iterdir() if path.is_dir())):
        yield from directory.glob("*.py")


def _fresh(path: Path, tag: str) -> bool:
    compiled = path.parent / "__pycache__" / f"{path.stem}.{tag}.pyc"
    return compiled.exists() and compiled.stat().st_mtime >= path.stat().st_mtime
