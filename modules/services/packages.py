"""Taking in packages: each is read, judged and kept as it was given."""

import hashlib
import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from modules import package, places
from modules.models import Module, ModuleVersion
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

State = ModuleVersion.State
CHUNK = 1 << 20


@dataclass(frozen=True)
class Uploaded:
    """A package that is kept, and its version. The version may be installed with another content until now."""

    version: ModuleVersion
    archive: str
    digest: str

    @property
    def new(self) -> bool:
        """Whether installing it would change anything."""
        return not (self.version.state == State.INSTALLED and self.version.digest == self.digest)


def upload(file: IO[bytes] | Path, *, by: Actor) -> Uploaded:
    """Keep a package and make its version known. Nothing of it is run.

    Raises:
        NotAllowed: `by` may neither install nor run modules.
        PackageError: it is no package, or one that is not safe; `field` says what is wrong.
    """
    require(by, "run_modules")
    read = kept(file)
    stated = read.manifest
    archive = places.stored(read.path)
    with transaction("a package becomes known with its audit entry"):
        module, new = Module.objects.get_or_create(name=stated.name, defaults={"description": stated.description})
        version = ModuleVersion.objects.filter(module=module, version=stated.version).first()
        if version is None:
            version = ModuleVersion(module=module, version=stated.version)
        if version.state in (State.UPLOADED, State.FAILED, State.REMOVED):
            _describe(version, read, archive, by)
        record(by, "module.uploaded", version, after={"digest": read.digest, "size": read.size})
        publish(module.stream, "uploaded", {"version": stated.version, "by": by.label})
        if new:
            publish("modules", "created", {"module": module.pk, "name": module.name})
    return Uploaded(version, archive, read.digest)


def _describe(version: ModuleVersion, read: package.Package, archive: str, by: Actor) -> None:
    version.state, version.error = State.UPLOADED, ""
    version.digest, version.size, version.archive = read.digest, read.size, archive
    version.manifest = read.manifest.as_json()
    version.uploaded_by, version.requested_by = by.label, by.user
    version.save()


def kept(file: IO[bytes] | Path) -> package.Package:
    """The package under its final name among the originals.

    Raises:
        PackageError: it is none.
    """
    directory = places.packages()
    with tempfile.NamedTemporaryFile(dir=directory, prefix=".upload-", suffix=".xopt") as temporary:
        if isinstance(file, Path):
            try:
                with file.open("rb") as source:
                    _copy(source, temporary)
            except OSError as error:
                reason = f"{file} can't be read: {error.strerror}."
                raise package.PackageError(reason) from None
        else:
            _copy(file, temporary)
        temporary.flush()
        read = package.read(Path(temporary.name))
        final = directory / f"{read.digest}.xopt"
        if not _holds(final, read.digest):
            partial = final.with_suffix(".part")
            shutil.copyfile(temporary.name, partial)
            partial.replace(final)
    return package.read(final)


def _holds(final: Path, digest: str) -> bool:
    """Whether that package is kept there, undamaged."""
    if not final.exists():
        return False
    with final.open("rb") as kept:
        return hashlib.file_digest(kept, "sha256").hexdigest() == digest


def _copy(source: IO[bytes], into: IO[bytes]) -> None:
    size = 0
    while chunk := source.read(CHUNK):
        size += len(chunk)
        if size > package.Limits().archive:
            raise Invalid(f"The package is larger than {package.Limits().archive // 1_000_000} MB.")
        into.write(chunk)
