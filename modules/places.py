"""Where packages and installed modules lie, below the home directory."""

from pathlib import Path

from xoptweb.config import config


def root() -> Path:
    """Installed modules, `<ns>/<name>/<version>`; made when it is missing."""
    return _made("installed")


def packages() -> Path:
    """The originals of all packages, named by their digest."""
    return _made("packages")


def development() -> Path:
    """Environments of modules that are run from their directory."""
    return _made("development")


def checks() -> Path:
    """Where skills are tried out; each in a directory that goes afterwards."""
    return _made("checks")


def absolute(stored: str) -> Path:
    """The path that a row names."""
    return config().home.resolve() / stored


def stored(path: Path) -> str:
    """How a row names a path below the home directory."""
    return path.resolve().relative_to(config().home.resolve()).as_posix()


def _made(name: str) -> Path:
    path = config().home.resolve() / "modules" / name
    path.mkdir(parents=True, exist_ok=True)
    return path
