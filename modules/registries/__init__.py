"""Places that have packages: a directory, or an index on a server."""

from modules.registries.base import Offer, Source, Unreachable
from modules.registries.opening import open_registry

__all__ = ["Offer", "Source", "Unreachable", "open_registry"]
