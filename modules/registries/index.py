"""An index of packages on a server: `index.json` below the address, with the hash of each."""

import hashlib
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urljoin, urlsplit

import httpx
from pydantic import BaseModel, Field, ValidationError

from modules.package import Limits
from modules.registries.addresses import check_address
from modules.registries.base import Offer, Unreachable
from xoptweb.errors import Invalid

TIMEOUT_S = 20.0
LARGEST_INDEX = 20_000_000  # bytes
LONGEST_LIST = 100_000


class Entry(BaseModel):
    name: str = Field(max_length=200)
    version: str = Field(max_length=100)
    file: str = Field(max_length=1000, description="Address of the package, relative to the index.")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")


class Listing(BaseModel):
    modules: list[Entry] = Field(max_length=LONGEST_LIST)


class Index:
    def __init__(self, url: str) -> None:
        self.url = url if url.endswith("/") else f"{url}/"
        self._listing: Listing | None = None

    def offers(self, name: str) -> list[Offer]:
        listing = self._read()
        return [
            Offer(each.name, each.version, each.sha256, urljoin(self.url, each.file))
            for each in listing.modules
            if each.name == name
        ]

    def _read(self) -> Listing:
        if self._listing is None:
            content = b"".join(_chunks(urljoin(self.url, "index.json"), LARGEST_INDEX))
            try:
                self._listing = Listing.model_validate_json(content)
            except ValidationError as error:
                raise Unreachable(f"The index of {self.url} can't be understood: {error.errors()[0]['msg']}.") from None
        return self._listing

    def fetch(self, offer: Offer, into: Path) -> None:
        if urlsplit(offer.location)[:2] != urlsplit(self.url)[:2]:
            raise Invalid(f"The index {self.url} names a package on another host: {offer.location[:200]}.", code="host")
        digest = hashlib.sha256()
        with into.open("wb") as file:
            for chunk in _chunks(offer.location, Limits().archive):
                digest.update(chunk)
                file.write(chunk)
        if digest.hexdigest() != offer.digest:
            into.unlink()
            raise Invalid(
                f"{offer.location} is not what the index says: its hash is {digest.hexdigest()}, not {offer.digest}.",
                code="hash",
            )


def _chunks(url: str, most: int) -> Iterator[bytes]:
    """The content of an address. Raises Unreachable, also when it is larger than `most` bytes."""
    check_address(url)
    size = 0
    try:
        with httpx.stream("GET", url, timeout=TIMEOUT_S, follow_redirects=False) as answer:
            answer.raise_for_status()
            for chunk in answer.iter_bytes():
                size += len(chunk)
                if size > most:
                    raise Unreachable(f"{url} is larger than {most // 1_000_000} MB.")
                yield chunk
    except httpx.HTTPError as error:
        raise Unreachable(f"{url} does not answer: {error}.") from None
