"""Installing one version: built aside, checked, then switched; its log is live."""

import logging
import time
from collections.abc import Callable
from pathlib import Path

from django.utils import timezone

from modules import installer, package, places
from modules.models import ModuleVersion
from modules.services import declaring, finding, grants
from xoptweb.accounts import tokens
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import NotFound, Problem
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction

logger = logging.getLogger(__name__)

State = ModuleVersion.State
LONGEST_LINE = 2000
Say = Callable[[str], None]


def perform(
    version_id: int,
    archive: str,
    *,
    by: Actor,
    also: Say | None = None,
    make_current: bool = True,
    token: int | None = None,
) -> ModuleVersion:
    """Install a kept package as that version. `token` is the key of that by which it was asked for, if it was.

    Raises:
        Conflict: it is just being installed elsewhere.
        Problem: it can't be installed, or its token is not valid any more. The version says why; what was installed
            before still is.
    """
    version = ModuleVersion.objects.select_related("module__current").get(pk=version_id)
    before = State(version.state)
    with transaction("an installation begins and is announced"):
        move(version, State.BUILDING, error="")
        _announce(version, "building", by)
    began = time.monotonic()
    try:
        tokens.held_to(token)
        read = _kept(places.absolute(archive))
        engine = engine_of(read)
        done = installer.install(
            read,
            places.root(),
            say=lambda line: _log(version, line, also),
            allow_builds=config().module_source_builds,
            engine=places.absolute(engine.path) if engine else None,
        )
    except Exception as error:  # whatever it was, the version must not stay “building”
        _failed(version, before, error, by)
        raise
    _installed(version, read, done, engine, seconds=time.monotonic() - began, by=by, make_current=make_current)
    return version


def _kept(archive: Path) -> package.Package:
    """A kept package, which is named by its digest. Raises PackageError when its content is another by now."""
    read = package.read(archive)
    if read.digest != archive.stem:
        raise package.PackageError(f"The kept package {archive.stem[:12]}… is not the one that was uploaded any more.")
    return read


def engine_of(read: package.Package) -> ModuleVersion | None:
    """The installed module whose code it runs. Raises NotFound when it is missing."""
    reference = read.manifest.engine_ref
    if reference is None:
        return None
    try:
        return finding.version(reference)
    except NotFound as missing:
        raise NotFound(f"The engine of {read.manifest.name}: {missing.message}", code="no_engine") from None


def _log(version: ModuleVersion, line: str, also: Say | None) -> None:
    publish(version.module.stream, "log", {"version": version.version, "line": line[:LONGEST_LINE]})
    if also is not None:
        also(line)


def _failed(version: ModuleVersion, before: State, error: Exception, by: Actor) -> None:
    message = error.message if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
    with transaction("a failed installation is told, and what was installed before goes on"):
        back = State.INSTALLED if before == State.INSTALLED else State.FAILED
        move(version, back, expected=[State.BUILDING], error=message)
        record(by, "module.install_failed", version, after={"error": message})
        _announce(version, "failed", by, error=message)


def _installed(
    version: ModuleVersion,
    read: package.Package,
    done: installer.Installed,
    engine: ModuleVersion | None,
    *,
    seconds: float,
    by: Actor,
    make_current: bool,
) -> None:
    module = version.module
    first = not module.versions.exclude(installed_at=None).exists()
    with transaction("a version is installed with its parameters, grants and audit entry"):
        move(
            version,
            State.INSTALLED,
            error="",
            digest=read.digest,
            size=read.size,
            archive=places.stored(read.path),
            manifest=read.manifest.as_json(),
            path=places.stored(done.path),
            description=done.description,
            engine=str(engine) if engine else "",
            python=done.python,
            isolation=done.isolation.kind,
            installed_by=by.label,
            installed_at=timezone.now(),
            seconds=round(seconds, 3),
        )
        if make_current or module.current is None:
            module.current = version
            module.description = read.manifest.description or done.description.get("description") or ""
            module.save(update_fields=["current", "description"])
            declaring.declare(version)
            grants.follow_version(version, first=first, by=by)
        elif first:
            grants.give_defaults(module)
        record(by, "module.installed", version, after={"digest": read.digest, "seconds": round(seconds, 3)})
        _announce(version, "installed", by, seconds=round(seconds, 3))


def _announce(version: ModuleVersion, state: str, by: Actor, **more: object) -> None:
    publish(version.module.stream, "state", {"version": version.version, "state": state, "by": by.label, **more})
    publish("modules", "state", {"module": version.module_id, "version": version.version, "state": state})


def given_up(version_id: int, error: str) -> None:
    """The worker that installed it died: it can be installed again, and what was there before goes on."""
    version = ModuleVersion.objects.select_related("module").filter(pk=version_id).first()
    if version is None or version.state != State.BUILDING:
        return
    message = "The worker that installed it died. Install it again."
    back = State.INSTALLED if version.path and places.absolute(version.path).exists() else State.FAILED
    with transaction("an installation is given up and told"):
        move(version, back, expected=[State.BUILDING], error=message)
        publish(version.module.stream, "state", {"version": version.version, "state": "failed", "error": message})
        publish("modules", "state", {"module": version.module_id, "version": version.version, "state": "failed"})
    logger.error("The installation of %s was given up: %s", version, error)


def attempt(version_id: int, archive: str, *, by: Actor, token: int | None = None) -> None:
    """As a worker does it: what went wrong stands on the version and its stream already."""
    try:
        perform(version_id, archive, by=by, token=token)
    except Problem as problem:
        logger.warning("Version %d could not be installed: %s", version_id, problem.message)
