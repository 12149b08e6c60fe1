"""Decompression that stops: a small archive cannot fill memory or disk."""

import gzip
from typing import BinaryIO

from modules.package.errors import PackageError
from modules.package.limits import Limits

SINGLE_READ = 4_000_000  # no header of a tar archive is as large as this


class Bounded:
    """The content of a gzip file for `tarfile`: read and seek, up to a number of bytes in all."""

    def __init__(self, archive: BinaryIO, limits: Limits) -> None:
        self._content = gzip.GzipFile(fileobj=archive, mode="rb")
        self._limit = limits.unpacked + limits.members * 2048  # headers and padding

    def read(self, size: int = -1) -> bytes:
        if size < 0 or size > SINGLE_READ:
            raise PackageError("The archive has a header that is far too large.")
        content = self._content.read(size)
        self._check()
        return content

    def seek(self, position: int, whence: int = 0) -> int:
        if whence == 0 and position > self._limit:
            raise PackageError(f"Unpacked, the archive is larger than {self._limit // 1_000_000} MB.")
        reached = self._content.seek(position, whence)
        self._check()
        return reached

    def tell(self) -> int:
        return self._content.tell()

    def _check(self) -> None:
        if self._content.tell() > self._limit:
            raise PackageError(f"Unpacked, the archive is larger than {self._limit // 1_000_000} MB.")
