"""What may lie in an archive: each member is judged before anything is unpacked."""

import posixpath
import tarfile
from pathlib import PurePosixPath

from modules.package.errors import PackageError
from modules.package.limits import Limits
from modules.package.names import shown

NAME_BYTES = 255


class Members:
    """Takes the members of one archive in their order and refuses the first that may not be there."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.names: dict[str, bytes] = {}  # path → tar type
        self.bytes = 0

    def accept(self, member: tarfile.TarInfo) -> str:
        """The member's path relative to the module's directory; "." for the directory itself.

        Raises:
            PackageError: it is outside, of a kind that is not allowed, there twice, or too much.
        """
        path = self._path(member.name)
        self._kind(member, path)
        if path in self.names and not (member.isdir() and self.names[path] == tarfile.DIRTYPE):
            raise PackageError(f"The archive holds {shown(path)} twice.")
        for parent in PurePosixPath(path).parents:
            if self.names.get(str(parent), tarfile.DIRTYPE) != tarfile.DIRTYPE:
                raise PackageError(f"The archive puts {shown(path)} below something that is not a directory.")
        self.names[path] = tarfile.DIRTYPE if member.isdir() else member.type
        self._size(member)
        return path

    @property
    def files(self) -> list[str]:
        """Paths of what is a file, or a link that leads to one."""
        return [path for path, kind in self.names.items() if kind != tarfile.DIRTYPE]

    def _path(self, name: str) -> str:
        if name.startswith("/") or "\\" in name or "\0" in name:
            raise PackageError(f"The archive holds {shown(name)}, which is not a path inside the module.")
        parts = PurePosixPath(name).parts
        if ".." in parts:
            raise PackageError(f"The archive holds {shown(name)}, which leads out of the module.")
        if len(parts) > self.limits.depth or any(len(part.encode()) > NAME_BYTES for part in parts):
            raise PackageError(f"The path {shown(name)} in the archive is too deep or too long.")
        return str(PurePosixPath(name))

    def _kind(self, member: tarfile.TarInfo, path: str) -> None:
        if not (member.isreg() or member.isdir() or member.issym() or member.islnk()):
            raise PackageError(f"{shown(path)} in the archive is neither file nor directory (a device or a pipe).")
        if member.issym() or member.islnk():
            base = posixpath.dirname(path) if member.issym() else ""
            target = posixpath.normpath(posixpath.join(base, member.linkname))
            if member.linkname.startswith("/") or target == ".." or target.startswith("../"):
                raise PackageError(f"The link {shown(path)} in the archive leads out of the module.")

    def _size(self, member: tarfile.TarInfo) -> None:
        self.bytes += member.size
        if len(self.names) > self.limits.members:
            raise PackageError(f"The archive holds more than {self.limits.members} files.")
        if self.bytes > self.limits.unpacked:
            raise PackageError(f"Unpacked, the archive is larger than {self.limits.unpacked // 1_000_000} MB.")
