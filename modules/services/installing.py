"""Asking for an installation, and taking modules away."""

from collections.abc import Callable
from pathlib import Path
from typing import IO

from django.db.models import QuerySet
from packaging.version import Version

from modules import approvable, installer, places
from modules.execution import installation
from modules.models import Module, ModuleVersion, Project, ProjectLock, Run
from modules.services import grants
from modules.services.packages import Uploaded, upload
from xoptweb.accounts.permissions import allowed, require
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import request
from xoptweb.audit.services import record
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

KIND = approvable.INSTALLATION
TASK = "modules.install"
QUEUE = "modules"
DAY_S = 24 * 3600.0
State = ModuleVersion.State


def install(file: IO[bytes] | Path, *, by: Actor) -> tuple[ModuleVersion, Approval | None]:
    """Keep a package and have a worker install it; where `by` may not decide that alone, people are asked first.

    Raises:
        NotAllowed: `by` may neither install nor run modules.
        PackageError: it is no package, or one that is not safe.
        Conflict: this version is just being installed, or a project is bound to another content of it.
    """
    uploaded = upload(file, by=by)
    require_replaceable(uploaded)
    if allowed(by, "install_modules"):
        begin(uploaded, by=by)
        return uploaded.version, None
    return uploaded.version, ask(uploaded, by=by)


def install_now(
    file: IO[bytes] | Path,
    *,
    by: Actor,
    say: Callable[[str], None],
    make_current: bool = True,
    project: Project | None = None,
) -> ModuleVersion:
    """Keep a package and install it in this process; `say` gets the lines of the log.

    The lock of `project` may name another content of the version: its sync changes that.

    Raises:
        NotAllowed: `by` may not install modules.
        PackageError: it is no package, or one that is not safe.
        Conflict: this version is just being installed, or a project is bound to another content of it.
        Problem: it can't be installed; the message says why. What was there before is untouched.
    """
    require(by, "install_modules")
    uploaded = upload(file, by=by)
    require_replaceable(uploaded, project)
    return installation.perform(uploaded.version.pk, uploaded.archive, by=by, also=say, make_current=make_current)


def reinstall(version: ModuleVersion, *, by: Actor) -> None:
    """Install the kept package again. Raises as `install`."""
    require(by, "install_modules")
    begin(Uploaded(version, version.archive, version.digest), by=by)


def require_replaceable(uploaded: Uploaded, apart_from: Project | None = None) -> None:
    """Raises Conflict when a project is bound to another content of this version, or it is being installed."""
    version = uploaded.version
    if version.state == State.BUILDING:
        raise Conflict(f"{version} is just being installed.", code="busy")
    others = ProjectLock.objects.filter(version=version).exclude(project=apart_from).select_related("project")
    lock = others.exclude(digest=uploaded.digest).first()
    if version.state == State.INSTALLED and lock is not None:
        raise Conflict(
            f"Project {lock.project.name} is locked to another content of {version}; give the package a new version.",
            code="locked",
        )


def begin(uploaded: Uploaded, *, by: Actor) -> None:
    """Enqueue the installation."""
    version = uploaded.version
    with transaction("an installation is due with its audit entry"):
        record(by, "module.install", version, after={"digest": uploaded.digest})
        publish(version.module.stream, "queued", {"version": version.version, "by": by.label})
        enqueue(
            TASK,
            {
                "version": version.pk,
                "archive": uploaded.archive,
                "by": by.label,
                "token": by.token.pk if by.token else None,
            },
            queue=QUEUE,
            key=f"install:{version.pk}",
            attempts_max=1,
        )


def ask(uploaded: Uploaded, *, by: Actor) -> Approval:
    """An approval that shows what would be installed."""
    version, stated = uploaded.version, uploaded.version.manifest
    content = {
        "module": version.module.name,
        "version": version.version,
        "digest": uploaded.digest,
        "archive": uploaded.archive,
        "dependencies": stated.get("dependencies") or [],
        "requires_python": stated.get("requires_python") or "",
        "engine": stated.get("engine_ref") or "",
        "replaces": version.module.current.version if version.module.current else "",
    }
    return request(KIND, version, f"Install {version}", content, None, by=by, expires_in_s=DAY_S)


def uninstall(versions: "QuerySet[ModuleVersion]", *, by: Actor) -> list[ModuleVersion]:
    """Remove these versions' installations; their packages and the records of their runs stay.

    Raises:
        NotAllowed: `by` may not install modules.
        Conflict: a run, a project's lock or another module's engine needs one of them; then none is removed.
    """
    require(by, "install_modules")
    rows = list(versions.select_related("module").filter(state__in=[State.INSTALLED, State.FAILED, State.UPLOADED]))
    with transaction("what nothing needs is removed from the record before it goes from the disk"):
        for version in rows:
            if reason := obstacle(version, leaving=rows):
                raise Conflict(reason, code="needed")
        paths = [version.path for version in rows]
        for version in rows:
            move(version, State.REMOVED, path="", engine="")
            record(by, "module.uninstalled", version)
            publish(version.module.stream, "removed", {"version": version.version, "by": by.label})
            publish("modules", "removed", {"module": version.module_id, "version": version.version})
        for module in Module.objects.filter(pk__in={version.module_id for version in rows}):
            choose_current(module)
    for path in filter(None, paths):
        if places.absolute(path).exists():
            installer.remove(places.absolute(path))
    return rows


def obstacle(version: ModuleVersion, *, leaving: list[ModuleVersion]) -> str:
    """Who needs the version; empty when nobody does."""
    if run := Run.objects.filter(version=version, state__in=[Run.State.QUEUED, Run.State.RUNNING]).first():
        return f"{version} is needed by run {run.pk}, which is {run.state}."
    if lock := ProjectLock.objects.filter(version=version).select_related("project").first():
        return f"{version} is needed by project {lock.project.name}, which is locked to it."
    users = ModuleVersion.objects.filter(engine=str(version), state=State.INSTALLED).select_related("module")
    others = [str(each) for each in users.exclude(pk__in=[one.pk for one in leaving])]
    return f"{version} is the engine of {', '.join(others)}." if others else ""


def choose_current(module: Module) -> None:
    """The newest installed version, where the current one is gone."""
    installed = list(module.versions.filter(state=State.INSTALLED))
    if module.current_id in {version.pk for version in installed}:
        return
    module.current = newest(installed)
    module.save(update_fields=["current"])


def newest(versions: list[ModuleVersion]) -> ModuleVersion | None:
    """By number, not by when it was installed."""
    return max(versions, key=lambda each: Version(each.version), default=None)


def set_current(version: ModuleVersion, *, by: Actor) -> None:
    """Make an installed version the one that runs when none is asked for.

    Raises:
        NotAllowed: `by` may not install modules.
        Conflict: it is not installed.
    """
    require(by, "install_modules")
    if version.state != State.INSTALLED:
        raise Conflict(f"{version} is not installed.", code="not_installed")
    with transaction("another version becomes the current one, audited"):
        module = version.module
        before = module.current.version if module.current else None
        module.current = version
        module.save(update_fields=["current"])
        grants.follow_version(version, first=False, by=by)
        record(by, "module.current", module, before=before, after=version.version)
        publish(module.stream, "current", {"version": version.version, "by": by.label})
        publish("modules", "current", {"module": module.pk, "version": version.version})
