"""Asking for runs, and cancelling them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils import timezone

from modules.execution import once
from modules.execution.beginning import announce, at_once
from modules.execution.ending import follow
from modules.execution.specs import project_version
from modules.execution.trace import state_event
from modules.models import ModuleVersion, Project, Run
from modules.package import Reference
from modules.services import finding, recalling
from modules.services.tunables import checked_overrides
from xoptweb import correlation as correlations
from xoptweb import hot
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.config import config
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.plain import plain
from xoptweb.states import move
from xoptweb.tools import serving
from xoptweb.transactions import transaction
from xoptweb.work.services import enqueue

TASK = "modules.run"
QUEUE = "modules"
RUNS = "runs"
PERMISSION = "run_modules"
State = Run.State
Values = Mapping[str, Any]


@dataclass(frozen=True)
class FollowUp:
    """Work that becomes due with the end of a run."""

    name: str
    arguments: Mapping[str, Any]


def run(
    name: str,
    input: Any,  # noqa: A002 - the contract's word
    *,
    by: Actor,
    version: str | None = None,
    project: Project | None = None,
    tunables: Values | None = None,
    configurables: Values | None = None,
) -> Run:
    """Have a worker run a module. Without a version the project's lock decides, then the current version.

    Raises:
        NotAllowed: `by` may not run modules.
        NotFound: the module or that version is not installed.
        Invalid: an override does not suit its parameter; `fields` names it.
    """
    require(by, PERMISSION)
    chosen = chosen_version(name, version, project)
    overrides = checked_overrides(chosen.module, tunables or {}, configurables or {})
    return _queued(chosen, input, overrides, project, by)


def run_as_part(
    name: str,
    input: Any,  # noqa: A002 - the contract's word
    *,
    served: User,
    token: ApiToken | None,
    correlation: str,
    follow_up: FollowUp,
) -> Run:
    """Have a worker run a module as a part of something that others have set up, such as a stage of a campaign.

    `served` needs no right to run modules; the tools that the module calls may do what `served` may, and where that was
    asked for by a `token` no more than its scopes allow. When the run has ended, however that was, `follow_up` is due.

    Raises:
        NotFound: the module is not installed.
    """
    by = Actor(user=served, token=token, correlation=correlation)
    more = {"follow_up": {"name": follow_up.name, "arguments": dict(follow_up.arguments)}}
    return _queued(chosen_version(name, None, None), input, {"tunables": {}, "configurables": {}}, None, by, **more)


def _queued(
    version: ModuleVersion,
    given: Any,
    overrides: dict[str, dict[str, Any]],
    project: Project | None,
    by: Actor,
    **more: Any,
) -> Run:
    with transaction("a run and the work for it belong together"):
        row = _made(version, given, overrides, project, by, **more)
        publish(row.stream, "state", state_event(row))
        publish(RUNS, "created", {"run": row.pk, "module": version.module.name, "version": version.version})
        enqueue(
            TASK,
            {"run": row.pk},
            queue=QUEUE,
            key=f"run:{row.pk}",
            attempts_max=config().module_run_attempts,
            correlation=row.correlation,
        )
    return row


def now(
    name: str,
    input: Any,  # noqa: A002 - the contract's word
    *,
    by: Actor,
    version: str | None = None,
    project: Project | None = None,
    tunables: Values | None = None,
    configurables: Values | None = None,
) -> Run:
    """Run a module in this process and return when it has ended, however that was. Raises as `run`.

    What a tool runs so ends with the cancellation of the conversation that the tool serves, whenever that comes.
    """
    require(by, PERMISSION)
    chosen = chosen_version(name, version, project)
    overrides = checked_overrides(chosen.module, tunables or {}, configurables or {})
    with transaction("a run begins at once, and is made known before anything of it happens"):
        row = _made(chosen, input, overrides, project, by, state=State.RUNNING, **at_once())
        publish(RUNS, "created", {"run": row.pk, "module": chosen.module.name, "version": chosen.version})
        announce(row)
    return once.perform(row, unwanted=serving.asking())


def chosen_version(name: str, version: str | None, project: Project | None) -> ModuleVersion:
    """Raises NotFound or PackageError."""
    wanted = Reference.parse(name)
    if version is None and wanted.version is None:
        locked = project_version(project, wanted.name)
        if locked is not None:
            return locked
        current = recalling.current(wanted.name)
        if current is not None and current.state == ModuleVersion.State.INSTALLED:
            return current
    return finding.version(name, version)


def _made(
    version: ModuleVersion,
    given: Any,
    overrides: dict[str, dict[str, Any]],
    project: Project | None,
    by: Actor,
    **more: Any,
) -> Run:
    """A new row. Inside a transaction.

    Raises:
        ValueError: the token is not stored, so that the run could not be held to it.
    """
    if by.token is not None and by.token.pk is None:
        raise ValueError("a run is asked for with a token that is stored, or with none")
    row = Run(
        version=version,
        project=project,
        input=plain(given),
        overrides=plain(overrides),
        requested_by=by.user,
        requester=by.label,
        token=by.token,
        via=by.via,
        correlation=by.correlation or correlations.current(),
        **more,
    )
    hot.insert([row])
    return row


def again(earlier: Run, *, by: Actor) -> Run:
    """A new run with the same version, input and overrides. Raises as `run`."""
    return run(
        earlier.version.module.name,
        earlier.input,
        by=by,
        version=earlier.version.version,
        project=earlier.project,
        tunables=earlier.overrides.get("tunables"),
        configurables=earlier.overrides.get("configurables"),
    )


def cancel(row: Run, *, by: Actor) -> Run:
    """End a run: at once when it waits, else within about half a second, with all processes of its module.

    Raises:
        NotAllowed: `by` may not run modules.
        Conflict: it has ended already.
    """
    require(by, PERMISSION)
    with transaction("a cancellation is recorded with its audit entry"):
        changed = Run.objects.filter(pk=row.pk, state=State.RUNNING).update(cancel_requested=True)
        if not changed:
            row.refresh_from_db(fields=["state"])
            if row.ended:
                raise Conflict(f"Run {row.pk} has {row.state} already.", code="wrong_state")
            move(row, State.CANCELLED, expected=[State.QUEUED], ended_at=timezone.now())
            publish(row.stream, "state", state_event(row, by=by.label))
            publish(RUNS, "state", {"run": row.pk, "state": str(row.state)})
            follow(row)
        else:
            row.cancel_requested = True
            publish(row.stream, "cancelling", {"by": by.label})
        record(by, "run.cancelled", row)
    return row
