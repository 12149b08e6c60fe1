"""A directory of packages: `file:///…`."""

import shutil
from functools import lru_cache
from pathlib import Path
from urllib.parse import unquote, urlsplit

from modules import package
from modules.package import PackageError
from modules.registries.base import Offer, Unreachable
from xoptweb.errors import Invalid


class Directory:
    def __init__(self, url: str) -> None:
        self.url = url
        self.path = Path(unquote(urlsplit(url).path))

    def offers(self, name: str) -> list[Offer]:
        """Broken packages are no offers."""
        if not self.path.is_dir():
            raise Unreachable(f"The registry {self.url} is no directory.")
        found = []
        for file in sorted(self.path.glob("*.xopt")):
            state = file.stat()
            offer = _offer(file, state.st_mtime_ns, state.st_size)
            if offer is not None and offer.name == name:
                found.append(offer)
        return found

    def fetch(self, offer: Offer, into: Path) -> None:
        try:
            shutil.copyfile(offer.location, into)
        except OSError as error:
            raise Unreachable(f"{offer.location} can't be read: {error.strerror}.") from None
        if package.read(into).digest != offer.digest:
            raise Invalid(f"{offer.location} changed while it was read.")


@lru_cache(maxsize=2000)
def _offer(file: Path, changed: int, size: int) -> Offer | None:
    try:
        read = package.read(file)
    except PackageError:
        return None
    return Offer(read.manifest.name, read.manifest.version, read.digest, str(file))
