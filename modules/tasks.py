"""The work of modules: installing, running, and what is done every so often."""

from collections.abc import Mapping
from contextlib import suppress
from typing import Any

from modules.execution import installation, once
from modules.models import Project
from modules.services import lost, retention, syncing
from xoptweb.actors import Actor
from xoptweb.errors import Problem
from xoptweb.work.registry import periodic, task
from xoptweb.work.services import enqueue

FIND_LOST_EVERY_S = 5.0
FORGET_EVERY_S = 3600.0


def _install_failed(arguments: Mapping[str, Any], error: str) -> None:
    installation.given_up(arguments["version"], error)


def _run_failed(arguments: Mapping[str, Any], error: str) -> None:
    lost.given_up(arguments["run"], error)


@task("modules.install", failed=_install_failed)
def install(version: int, archive: str, by: str) -> None:
    """Install a kept package. A problem is told on the module's stream and its row; it is no failure of the work."""
    installation.attempt(version, archive, by=Actor(user=None, via="system", name=by))


@task("modules.sync", failed=lambda arguments, error: syncing.given_up(arguments["project"]))
def sync(project: int, upgrade: bool, by: str) -> None:
    """A problem is told on the project's stream and its row; it is no failure of the work."""
    row = Project.objects.filter(pk=project).first()
    if row is not None:
        with suppress(Problem):
            syncing.sync(row, by=Actor(user=None, via="system", name=by), upgrade=upgrade)


@task("modules.run", failed=_run_failed, follows=True)
def run(run: int) -> None:
    once.attempt(run)


@task("modules.forget")
def forget() -> None:
    retention.forget()


@periodic("modules.find_lost", FIND_LOST_EVERY_S)
def find_lost_runs() -> None:
    lost.find_lost()


@periodic("modules.forget", FORGET_EVERY_S)
def forget_old_runs() -> None:
    enqueue("modules.forget", {}, key="modules.forget")
