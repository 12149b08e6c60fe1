"""Syncing a project: resolve everything, install what is missing, lock what was chosen."""

from collections.abc import Callable

from django.utils import timezone

from modules.files.lock import Locked
from modules.models import ModuleVersion, Project, ProjectLock
from modules.package import Reference
from modules.services import finding, installing, project_files
from modules.services.resolving import Choice, Resolver
from xoptweb.accounts import tokens
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, NotFound, Problem
from xoptweb.live.services import publish
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

TASK = "modules.sync"
QUEUE = "modules"
Sync = Project.Sync


def request(project: Project, *, by: Actor, upgrade: bool = False) -> None:
    """Have a worker sync the project; its log is on the project's stream.

    Raises:
        NotAllowed: `by` may not install modules.
    """
    require(by, "install_modules")
    with transaction("a sync is due with its audit entry"):
        record(by, "project.sync", project, after={"upgrade": upgrade})
        publish(project.stream, "sync", {"state": "queued", "by": by.label})
        token = by.token.pk if by.token else None
        arguments = {"project": project.pk, "upgrade": upgrade, "by": by.label, "token": token}
        enqueue(TASK, arguments, queue=QUEUE, key=f"sync:{project.pk}", attempts_max=1)


def sync(
    project: Project,
    *,
    by: Actor,
    say: Callable[[str], None] | None = None,
    upgrade: bool = False,
    locked: dict[str, Locked] | None = None,
    token: int | None = None,
) -> list[Locked]:
    """Make the project runnable, in this process: afterwards its lock names what each dependency is.

    `locked` is a lock from elsewhere that takes the place of the project's own; `token` the key of that by which it
    was asked for, which has to be valid still. Nothing is installed unless everything can be had.

    Raises:
        NotAllowed: `by` may not install modules.
        Conflict: it is being synced elsewhere.
        Problem: something can't be had or installed; the project says why, and its old lock stays.
    """
    require(by, "install_modules")
    if not Project.objects.filter(pk=project.pk).exclude(sync=Sync.RUNNING).update(sync=Sync.RUNNING, sync_error=""):
        raise Conflict(f"{project.name} is just being synced.", code="busy")
    tell = _Log(project, say)
    publish(project.stream, "sync", {"state": "running", "by": by.label})
    known = locked if locked is not None else {row.name: row for row in project_files.locked(project)}
    try:
        tokens.held_to(token)
        with Resolver(project, known, tell, upgrade=upgrade) as resolver:
            choices = resolver.resolve()
            versions = [_installed(choice, by, tell, project) for choice in choices]
    except BaseException as error:  # also Ctrl-C: the project must not stay “running”
        _failed(project, error)
        raise
    _lock(project, list(zip(choices, versions, strict=True)), by)
    return project_files.locked(project)


def require_synced(project: Project, name: str) -> None:
    """Return when a run of that module in the project would be what its files say.

    Raises:
        NotFound: the project does not depend on it.
        Conflict: the project was not synced since its files changed.
    """
    wanted = Reference.parse(name).name
    requirement = project.dependencies.filter(name=wanted).values_list("requirement", flat=True).first()
    if requirement is None:
        raise NotFound(f"{project.name} does not depend on {wanted}.", code="no_dependency")
    row = project.locks.select_related("version").filter(version__module__name=wanted).first()
    if row is None or not finding.specifier(requirement).contains(row.version.version, prereleases=True):
        raise Conflict(f"{project.name} is not synced: `xoptweb sync` installs {wanted}.", code="not_synced")


class _Log:
    def __init__(self, project: Project, say: Callable[[str], None] | None) -> None:
        self.project, self.say = project, say

    def __call__(self, line: str) -> None:
        publish(self.project.stream, "log", {"line": line[:2000]})
        if self.say is not None:
            self.say(line)


def _installed(choice: Choice, by: Actor, say: Callable[[str], None], project: Project) -> ModuleVersion:
    rows = ModuleVersion.objects.select_related("module")
    if choice.package is None:
        return rows.get(module__name=choice.name, version=choice.version)
    say(f"installing {choice.name}@{choice.version}")
    return installing.install_now(choice.package.path, by=by, say=say, make_current=False, project=project)


def _failed(project: Project, error: BaseException) -> None:
    message = error.message if isinstance(error, Problem) else f"{type(error).__name__}: {error}"
    Project.objects.filter(pk=project.pk).update(sync=Sync.FAILED, sync_error=message)
    project.sync, project.sync_error = Sync.FAILED, message
    publish(project.stream, "sync", {"state": "failed", "error": message})


def _lock(project: Project, chosen: list[tuple[Choice, ModuleVersion]], by: Actor) -> None:
    with transaction("a project's lock changes at once, with its audit entry"):
        before = [f"{row.name}@{row.version}" for row in project_files.locked(project)]
        project.locks.all().delete()
        for choice, version in chosen:
            ProjectLock.objects.create(
                project=project, version=version, digest=choice.digest, source=choice.source[:400]
            )
        project.sync, project.sync_error, project.synced_at = Sync.SYNCED, "", timezone.now()
        project.save(update_fields=["sync", "sync_error", "synced_at"])
        after = [f"{choice.name}@{choice.version}" for choice, _ in chosen]
        record(by, "project.synced", project, before=before, after=after)
        publish(project.stream, "sync", {"state": "synced", "by": by.label, "locked": after})


def given_up(project_id: int) -> None:
    """The worker that synced it died."""
    message = "The worker that synced it died. Sync again."
    if Project.objects.filter(pk=project_id, sync=Sync.RUNNING).update(sync=Sync.FAILED, sync_error=message):
        publish(f"project:{project_id}", "sync", {"state": "failed", "error": message})
