"""Installing a package: built aside, started once to see that it works, then put in its place."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from modules import package as packages
from modules import sdk
from modules.installer import checking, engines, sdk_link, switch, uv
from modules.installer.compiling import compile_own
from modules.installer.errors import InstallError
from modules.installer.installed import SOURCE, VENV, Installed, load, save
from modules.installer.interpreters import fitting
from modules.installer.uv import Say
from modules.package import Package, Reference
from modules.runner import Limits, Spec, in_force

CHECK = Limits(seconds=60.0)


def install(
    package: Package, root: Path, *, say: Say, allow_builds: bool = False, engine: Path | None = None
) -> Installed:
    """Install into `root/<ns>/<name>/<version>`; the same version is replaced. `engine` is where its engine lies.

    Raises:
        InstallError, PackageError: it cannot be; what was installed before is untouched.
    """
    began = time.monotonic()
    root = root.resolve()
    manifest = package.manifest
    target = engines.place(root, Reference(manifest.name, manifest.version))
    code = engines.code_of(manifest, root, engine) if manifest.engine_ref else None
    with _aside(root) as building:
        say(f"Unpacking {manifest.reference}: {len(package.members)} files, {package.size / 1000:.0f} kB")
        packages.extract(package, building / SOURCE)
        done = (
            _with_engine(package, target, code, say)
            if code
            else _with_code(package, building, target, say, allow_builds)
        )
        save(done, building)
        switch.put(building, target)
    say(f"Installed {manifest.reference} in {time.monotonic() - began:.2f} s")
    return done


def remove(path: Path) -> None:
    """Remove an installed version from the disk.

    Raises:
        InstallError: nothing is installed there.
    """
    load(path)
    switch.take_away(path, path.parents[2])


def _with_code(package: Package, building: Path, target: Path, say: Say, builds: bool) -> Installed:
    manifest = package.manifest
    interpreter = fitting(manifest.requires_python)
    say(f"Making an environment with Python {interpreter.version}")
    venv = building / VENV
    uv.make_environment(venv, interpreter.path, say)
    python = venv / "bin" / "python"
    _fill(python, manifest.dependencies, say, builds)
    sdk_link.link(venv)
    compile_own(python, interpreter.version)
    say("Starting it to see that it works")
    spec = _spec(package, building / SOURCE, python, str(manifest.code_file))
    description = checking.described(spec, say, writable=(building / SOURCE, venv / "lib"))
    _compare(package, description, say)
    return _installed(package, target, interpreter.version, description)


def _with_engine(package: Package, target: Path, code: Installed, say: Say) -> Installed:
    say(f"Its engine is {code.name}@{code.version}: starting that with this module's values")
    spec = _spec(package, code.path / SOURCE, code.interpreter, str(code.manifest.code_file))
    return _installed(package, target, code.python, checking.described(spec, say), code.path)


def _fill(python: Path, dependencies: tuple[str, ...], say: Say, builds: bool) -> None:
    """Install what the module and the SDK need. What the SDK alone needs is taken from uv's cache when it is there."""
    if not dependencies:
        try:
            uv.install(python, [sdk.REQUIREMENT], lambda line: None, builds=False, offline=True)
        except InstallError:
            uv.install(python, [sdk.REQUIREMENT], say, builds=False)
        return
    say(f"Installing {', '.join(dependencies)}")
    uv.install(python, [sdk.REQUIREMENT, *dependencies], say, builds=builds)


def _spec(package: Package, source: Path, python: Path, code_file: str) -> Spec:
    manifest = package.manifest
    return Spec(
        name=manifest.name,
        version=manifest.version,
        source=source,
        python=python,
        code_file=code_file,
        tunables=manifest.tunables,
        configurables=manifest.configurables,
        limits=CHECK,
        digest=package.digest,
    )


def _compare(package: Package, description: dict[str, Any], say: Say) -> None:
    manifest = package.manifest
    if (description["name"], description["version"]) != (manifest.name, manifest.version):
        say(
            f"Note: the code calls itself {description['name']}@{description['version']};"
            f" it is installed and run as {manifest.reference}, as its xopt.yaml says."
        )


def _installed(
    package: Package, target: Path, python: str, description: dict[str, Any], engine: Path | None = None
) -> Installed:
    manifest = package.manifest
    return Installed(
        name=manifest.name,
        version=manifest.version,
        path=target,
        python=python,
        digest=package.digest,
        description=description,
        isolation=in_force(),
        manifest=manifest,
        engine=engine,
    )


@contextmanager
def _aside(root: Path) -> Iterator[Path]:
    """A directory to build in; nothing of it is left when building fails."""
    building = switch.aside(root)
    try:
        building.mkdir()
        yield building
    finally:
        shutil.rmtree(building, ignore_errors=True)
