"""Writing a package: a module's directory, without what belongs to its author's machine."""

import gzip
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

from modules.package import manifest
from modules.package.errors import PackageError
from modules.package.limits import DEFAULT, Limits
from modules.package.manifest import Manifest
from modules.package.names import shown
from modules.package.reading import read

LEFT_OUT = ("__pycache__", "node_modules", "venv", "env", "build", "dist")
LEFT_OUT_ENDINGS = (".pyc", ".pyo", ".xopt", ".egg-info")


def write(directory: Path, out: Path | None = None, limits: Limits = DEFAULT) -> Path:
    """Package a directory; `out` is a file, or a directory for the usual name. The same content gives the same bytes.

    Raises:
        PackageError: the directory is not a module.
    """
    stated = stated_in(directory)
    usual = f"{stated.name.replace('/', '_')}-{stated.version}.xopt"
    target = Path(usual) if out is None else out / usual if out.is_dir() else out
    handle, name = tempfile.mkstemp(prefix=".xopt-", dir=target.parent)
    temporary = Path(name)
    try:
        with (
            os.fdopen(handle, "wb") as raw,
            gzip.GzipFile(fileobj=raw, mode="wb", mtime=0, filename="") as compressed,
            tarfile.open(fileobj=compressed, mode="w", format=tarfile.PAX_FORMAT) as archive,
        ):
            for path in packaged(directory):
                _add(archive, path, f"./{path.relative_to(directory).as_posix()}")
        read(temporary, limits)
        temporary.chmod(0o644)
        temporary.replace(target)
    finally:
        temporary.unlink(missing_ok=True)
    return target


def stated_in(directory: Path) -> Manifest:
    """What the module in a directory says of itself.

    Raises:
        PackageError: the directory is not a module.
    """
    file = directory / manifest.FILE
    if not file.is_file():
        raise PackageError(f"{directory} has no {manifest.FILE}.", manifest.FILE)
    files = [path.relative_to(directory).as_posix() for path in packaged(directory) if not path.is_dir()]
    return manifest.parse(
        _text(file) or "",
        files,
        pyproject=_text(directory / manifest.PYPROJECT),
        requirements=_text(directory / manifest.REQUIREMENTS),
    )


def packaged(directory: Path) -> Iterator[Path]:
    """What goes into the archive, in a fixed order: no hidden files, environments, caches or packages."""
    for path in sorted(directory.iterdir()):
        if path.name.startswith(".") or path.name in LEFT_OUT or path.name.endswith(LEFT_OUT_ENDINGS):
            continue
        if path.is_dir() and not path.is_symlink():
            if not (path / "pyvenv.cfg").exists():
                yield path
                yield from packaged(path)
        else:
            yield path


def _add(archive: tarfile.TarFile, path: Path, name: str) -> None:
    member = archive.gettarinfo(path, name)
    if member is None or member.islnk():  # a second name of one file is a file of its own here
        member = tarfile.TarInfo(name)
        member.size = path.stat().st_size
    member.uid = member.gid = 0
    member.uname = member.gname = ""
    member.mtime = 0
    member.mode = 0o755 if path.is_dir() or os.access(path, os.X_OK) else 0o644
    if member.isreg():
        with path.open("rb") as content:
            archive.addfile(member, content)
    else:
        archive.addfile(member)


def _text(path: Path) -> str | None:
    if not path.is_file():
        return None
    try:
        return path.read_text(encoding="utf-8")
    except UnicodeDecodeError:
        raise PackageError(f"{shown(path.name)} is not UTF-8 text.", path.name) from None
