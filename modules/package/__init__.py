"""Module packages, `.xopt`: read, judged, unpacked and written. Needs no Django."""

from modules.package.errors import PackageError
from modules.package.limits import Limits
from modules.package.manifest import Manifest
from modules.package.names import Reference, checked_name, checked_version
from modules.package.reading import Package, extract, read
from modules.package.writing import stated_in, write

__all__ = [
    "Limits",
    "Manifest",
    "Package",
    "PackageError",
    "Reference",
    "checked_name",
    "checked_version",
    "extract",
    "read",
    "stated_in",
    "write",
]
