"""Running a module from its directory: its environment is kept, and built anew when the module has changed."""

import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from modules import installer, package, places
from modules.execution import installation, once
from modules.execution.beginning import announce, at_once
from modules.models import Module, ModuleVersion, Run
from modules.package import PackageError
from modules.services.packages import kept
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.plain import plain
from xoptweb.transactions import transaction

VERSION = "dev"
State = ModuleVersion.State


def run(
    directory: Path,
    name: str,
    input: Any,  # noqa: A002 - the contract's word
    *,
    by: Actor,
    say: Callable[[str], None],
    tunables: Mapping[str, Any] | None = None,
    configurables: Mapping[str, Any] | None = None,
) -> Run:
    """Run the module in a directory, in this process, with the values of its `xopt.yaml` and those given here.

    Raises:
        NotAllowed: `by` may not install modules.
        PackageError: the directory is not that module.
        Problem: its environment can't be built.
    """
    require(by, "install_modules")
    version = _built(directory, name, say)
    with transaction("a run begins at once, and is made known before anything of it happens"):
        row = Run.objects.create(
            version=version,
            input=plain(input),
            overrides=plain({"tunables": tunables or {}, "configurables": configurables or {}}),
            requested_by=by.user,
            requester=by.label,
            via=by.via,
            state=Run.State.RUNNING,
            **at_once(),
        )
        announce(row)
    return once.perform(row)


def _built(directory: Path, name: str, say: Callable[[str], None]) -> ModuleVersion:
    with tempfile.TemporaryDirectory(prefix="xoptweb-") as temporary:
        read = kept(package.write(directory, Path(temporary)))
    if read.manifest.name != name:
        raise PackageError(f"{directory} is {read.manifest.name}, not {name}.", "name")
    module, _ = Module.objects.get_or_create(name=name)
    row = ModuleVersion.objects.filter(module=module, version=VERSION).first() or ModuleVersion(
        module=module, version=VERSION, state=State.DEVELOPMENT
    )
    if row.digest == read.digest and row.path and places.absolute(row.path).exists():
        return row
    engine = installation.engine_of(read)
    done = installer.install(
        read,
        places.development(),
        say=say,
        allow_builds=config().module_source_builds,
        engine=places.absolute(engine.path) if engine else None,
    )
    row.digest, row.size, row.archive = read.digest, read.size, places.stored(read.path)
    row.manifest, row.description, row.path = read.manifest.as_json(), done.description, places.stored(done.path)
    row.save()
    return row
