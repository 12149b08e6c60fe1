"""Reading a package: everything is judged before anything is unpacked."""

import hashlib
import tarfile
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from io import BufferedReader
from pathlib import Path
from typing import IO, cast

from modules.package import manifest
from modules.package.errors import PackageError
from modules.package.limits import DEFAULT, Limits
from modules.package.manifest import Manifest
from modules.package.members import Members
from modules.package.stream import Bounded

READ_WHOLE = (manifest.FILE, manifest.PYPROJECT, manifest.REQUIREMENTS)
BROKEN = (tarfile.TarError, OSError, EOFError, zlib.error, UnicodeError, ValueError)


@dataclass(frozen=True)
class Package:
    """An archive that has been read and found good. `size` in bytes; `members` are the paths of its files."""

    manifest: Manifest
    path: Path
    digest: str
    size: int
    members: tuple[str, ...]


def read(path: Path, limits: Limits = DEFAULT) -> Package:
    """Read and judge the archive; nothing is written.

    Raises:
        PackageError: it is not a module package, or one that is not safe.
    """
    with _opened(path, limits) as archive:
        digest = hashlib.file_digest(archive, "sha256").hexdigest()
        archive.seek(0)
        members, texts = _judged(archive, limits)
        size = archive.seek(0, 2)
    if manifest.FILE not in texts:
        raise PackageError(f"The archive has no {manifest.FILE} in its root.", manifest.FILE)
    stated = manifest.parse(
        texts[manifest.FILE],
        members.files,
        pyproject=texts.get(manifest.PYPROJECT),
        requirements=texts.get(manifest.REQUIREMENTS),
    )
    return Package(stated, path, digest, size, tuple(sorted(members.files)))


def extract(package: Package, into: Path, limits: Limits = DEFAULT) -> None:
    """Unpack into a directory that is made for it.

    Raises:
        PackageError: the file is no longer what was read, or a member may not be there.
        FileExistsError: the directory exists.
    """
    with _opened(package.path, limits) as archive:
        if hashlib.file_digest(archive, "sha256").hexdigest() != package.digest:
            raise PackageError("The archive has changed since it was read.")
        archive.seek(0)
        into.mkdir(parents=True)
        members = Members(limits)
        with _broken_is_said(), _tar(archive, limits) as content:
            for member in content:
                if members.accept(member) != ".":
                    content.extract(member, into, filter="data", set_attrs=True)


def _judged(archive: BufferedReader, limits: Limits) -> tuple[Members, dict[str, str]]:
    members = Members(limits)
    texts: dict[str, str] = {}
    with _broken_is_said(), _tar(archive, limits) as content:
        for member in content:
            path = members.accept(member)
            if path in READ_WHOLE:
                texts[path] = _text(content, member, limits)
    return members, texts


def _text(content: tarfile.TarFile, member: tarfile.TarInfo, limits: Limits) -> str:
    file = content.extractfile(member) if member.isreg() else None
    if file is None or member.size > limits.manifest:
        raise PackageError(f"{member.name} is not a file of at most {limits.manifest} bytes.", member.name)
    return file.read().decode()


@contextmanager
def _opened(path: Path, limits: Limits) -> Iterator[BufferedReader]:
    try:
        archive = path.open("rb")
    except OSError as error:
        raise PackageError(f"{path.name} cannot be opened: {error.strerror}.") from None
    with archive:
        if archive.seek(0, 2) > limits.archive:
            raise PackageError(f"The archive is larger than {limits.archive // 1_000_000} MB.")
        archive.seek(0)
        yield archive


def _tar(archive: BufferedReader, limits: Limits) -> tarfile.TarFile:
    return tarfile.open(fileobj=cast(IO[bytes], Bounded(archive, limits)), mode="r:")


@contextmanager
def _broken_is_said() -> Iterator[None]:
    try:
        yield
    except PackageError:
        raise
    except BROKEN as error:
        raise PackageError(f"The archive is damaged, or not a module package: {error}.") from None
