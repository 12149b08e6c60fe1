"""What every kind of registry can do."""

from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xoptweb.errors import Unavailable


class Unreachable(Unavailable):
    """A registry does not answer, or says something that can't be understood."""

    code = "registry"


@dataclass(frozen=True)
class Offer:
    """One package that a registry has. `digest` is the SHA-256 of the package."""

    name: str
    version: str
    digest: str
    location: str


class Source(Protocol):
    def offers(self, name: str) -> list[Offer]:
        """Every version of that module. Raises Unreachable."""

    def fetch(self, offer: Offer, into: Path) -> None:
        """Write the package to a file. Raises Unreachable; Invalid when it is not what was offered."""
