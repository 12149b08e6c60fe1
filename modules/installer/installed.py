"""What lies in the directory of an installed version, and says so in its `installed.json`."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from modules.installer.errors import InstallError
from modules.package import Manifest
from modules.runner import Isolation

FILE = "installed.json"
SOURCE = "source"
VENV = "venv"


@dataclass(frozen=True)
class Installed:
    """`path` holds `source`, and `venv` unless another module is its engine; `engine` is that module's directory.

    `python` is the interpreter's version; `description` is what the module tells of itself when it is started.
    """

    name: str
    version: str
    path: Path
    python: str
    digest: str
    description: dict[str, Any]
    isolation: Isolation
    manifest: Manifest
    engine: Path | None = None

    @property
    def interpreter(self) -> Path:
        return self.path / VENV / "bin" / "python"


def save(done: Installed, directory: Path) -> None:
    content = {
        "name": done.name,
        "version": done.version,
        "python": done.python,
        "digest": done.digest,
        "description": done.description,
        "isolation": {"kind": done.isolation.kind, "detail": done.isolation.detail},
        "manifest": done.manifest.as_json(),
        "engine": str(done.engine) if done.engine else None,
    }
    (directory / FILE).write_text(json.dumps(content, indent=1))


def load(directory: Path) -> Installed:
    """What is installed in a directory.

    Raises:
        InstallError: nothing is, or it is damaged.
    """
    try:
        content = json.loads((directory / FILE).read_text())
        return Installed(
            name=content["name"],
            version=content["version"],
            path=directory,
            python=content["python"],
            digest=content["digest"],
            description=content["description"],
            isolation=Isolation(**content["isolation"]),
            manifest=Manifest.from_json(content["manifest"]),
            engine=Path(content["engine"]) if content["engine"] else None,
        )
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise InstallError(f"Nothing complete is installed in {directory}: {error}", code="not_installed") from None
