"""Choosing the kind of a registry by its address."""

from urllib.parse import urlsplit

from modules.registries.addresses import check_address
from modules.registries.base import Source
from modules.registries.directory import Directory


def open_registry(url: str) -> Source:
    """Raises Invalid for an address of no known kind."""
    check_address(url)
    if urlsplit(url).scheme == "file":
        return Directory(url)
    from modules.registries.index import Index  # only who asks a server loads an HTTP client

    return Index(url)
