"""The SDK in a module's environment: links to the one that this version of xoptweb has."""

from pathlib import Path

from modules import sdk


def link(venv: Path) -> None:
    """Under both its names; only under its own where the environment has SLAC's optimiser `xopt`."""
    packages = packages_of(venv)
    (packages / sdk.OWN_NAME).symlink_to(sdk.SOURCE / sdk.OWN_NAME)
    short = packages / sdk.SHORT_NAME
    if not short.exists():
        short.symlink_to(sdk.SOURCE / sdk.SHORT_NAME)


def packages_of(venv: Path) -> Path:
    """The environment's `site-packages`."""
    return next((venv / "lib").glob("python3*/site-packages"))
