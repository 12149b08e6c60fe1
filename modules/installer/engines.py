"""Modules that run another module's code."""

from pathlib import Path

from modules.installer.errors import InstallError
from modules.installer.installed import Installed, load
from modules.package import Manifest, Reference


def place(root: Path, reference: Reference) -> Path:
    """Where a version is, or would be, installed."""
    namespace, _, name = reference.name.partition("/")
    return root / namespace / name / (reference.version or "")


def code_of(manifest: Manifest, root: Path, engine: Path | None = None) -> Installed:
    """The installed module whose code such a module runs; `engine` is where its engine lies, when that is known.

    Raises:
        InstallError: an engine is not installed, or engines go round in a circle.
    """
    seen = [manifest.reference]
    reference = manifest.engine_ref
    while reference is not None:
        if reference in seen:
            circle = " → ".join([*seen, reference])
            raise InstallError(f"The engines go round in a circle: {circle}.", code="cycle")
        seen.append(reference)
        found = _installed(engine or place(root, Reference.parse(reference)), reference)
        if found.manifest.code_file is not None:
            return found
        reference, engine = found.manifest.engine_ref, found.engine
    raise InstallError(f"{manifest.reference} has code of its own.", code="no_engine")


def _installed(directory: Path, reference: str) -> Installed:
    try:
        return load(directory)
    except InstallError:
        raise InstallError(f"The engine {reference} is not installed. Install it first.", code="no_engine") from None
