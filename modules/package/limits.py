"""How large a package may be."""

from dataclasses import dataclass

MEGABYTE = 1_000_000


@dataclass(frozen=True, slots=True)
class Limits:
    """Bytes, but for `members` and `depth`. `unpacked` counts everything that comes out of the compression."""

    archive: int = 100 * MEGABYTE
    unpacked: int = 500 * MEGABYTE
    members: int = 10_000
    depth: int = 32
    manifest: int = 1 * MEGABYTE


DEFAULT = Limits()
