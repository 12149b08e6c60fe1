"""The work of modules: installing, running, and what is done every so often.

Every process that acts knows the work by name; what does it is loaded where it is done.
"""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from modules.models import Project
from xoptweb.actors import Actor
from xoptweb.errors import Problem
from xoptweb.work.registry import periodic, task
from xoptweb.work.services import enqueue

FIND_LOST_EVERY_S = 5.0
FORGET_EVERY_S = 3600.0


def _install_failed(arguments: Mapping[str, Any], error: str) -> None:
    from modules.execution import installation

    installation.given_up(arguments["version"], error)


def _run_failed(arguments: Mapping[str, Any], error: str) -> None:
    from modules.services import lost

    lost.given_up(arguments["run"], error)


@task("modules.install", failed=_install_failed)
def install(version: int, archive: str, by: str, token: int | None = None) -> None:
    """Install a kept package. A problem is told on the module's stream and its row; it is no failure of the work."""
    from modules.execution import installation

    installation.attempt(version, archive, by=Actor(user=None, via="system", name=by), token=token)


def _check_failed(arguments: Mapping[str, Any], error: str) -> None:
    from modules.services import skills

    skills.given_up(arguments["version"], arguments["digest"])


def _sync_failed(arguments: Mapping[str, Any], error: str) -> None:
    from modules.services import syncing

    syncing.given_up(arguments["project"])


@task("modules.check_skill", failed=_check_failed)
def check_skill(version: int, digest: str) -> None:
    """Faults are results of the check; they are no failure of the work."""
    from modules.services import skills

    skills.perform(version, digest)


@task("modules.sync", failed=_sync_failed)
def sync(project: int, upgrade: bool, by: str, token: int | None = None) -> None:
    """A problem is told on the project's stream and its row; it is no failure of the work."""
    from modules.services import syncing

    row = Project.objects.filter(pk=project).first()
    if row is not None:
        with suppress(Problem):
            syncing.sync(row, by=Actor(user=None, via="system", name=by), upgrade=upgrade, token=token)


@task("modules.run", failed=_run_failed, follows=True)
def run(run: int) -> None:
    from modules.execution import once

    once.attempt(run)


@task("modules.forget")
def forget() -> None:
    from modules.services import retention

    retention.forget()


@periodic("modules.find_lost", FIND_LOST_EVERY_S)
def find_lost_runs() -> None:
    from modules.services import lost

    lost.find_lost()


@periodic("modules.forget", FORGET_EVERY_S)
def forget_old_runs() -> None:
    enqueue("modules.forget", {}, key="modules.forget")
