"""Modules that are installed by the services, in real environments that are built once for a test run."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from modules import installer, package, places
from modules.execution import installation, pool
from modules.models import ModuleVersion, Project, Run
from modules.services import installing, packages, running
from tests.modules.real import code, directory
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.live.services import events_after

BY = system("tests")
MANIFEST = 'name: "{name}"\nversion: "{version}"\n'
Install = Callable[..., ModuleVersion]

_built: dict[tuple[str, ...], Path] = {}


def actor(user: User) -> Actor:
    """Somebody who gave the password just now."""
    return Actor(user=user, via="web", confirmed_at=timezone.now())


def source(
    path: Path, body: str = "return given", *, name: str = "tests/small", version: str = "1.0.0", more: str = ""
) -> Path:
    """The directory of a module; `more` is what else its xopt.yaml says."""
    manifest = MANIFEST.format(name=name, version=version) + more
    return directory(path, body, manifest, main__py=code(body, name=name, version=version))


@pytest.fixture
def install(db: None, tmp_path: Path) -> Install:
    """Install a module: `install("return given", name="tests/echo")`. Its environment is built the first time only."""

    def install(
        body: str = "return given", *, name: str = "tests/small", version: str = "1.0.0", more: str = ""
    ) -> ModuleVersion:
        key = (body, name, version, more)
        archive = tmp_path / f"{name.replace('/', '_')}-{version}.xopt"
        package.write(source(tmp_path / f"{name}-{version}", body, name=name, version=version, more=more), archive)
        if key not in _built or not _built[key].exists():
            row = installing.install_now(archive, by=BY, say=lambda line: None)
            _built[key] = places.absolute(row.path)
            return row
        return again(archive, _built[key])

    return install


def again(archive: Path, path: Path) -> ModuleVersion:
    """The rows of an installation whose files are still there from an earlier test."""
    uploaded = packages.upload(archive, by=BY)
    read, done = package.read(archive), installer.load(path)
    if done.digest != read.digest:
        return installing.install_now(archive, by=BY, say=lambda line: None)
    row = ModuleVersion.objects.select_related("module__current").get(pk=uploaded.version.pk)
    ModuleVersion.objects.filter(pk=row.pk).update(state=ModuleVersion.State.BUILDING)
    kept = package.read(places.absolute(uploaded.archive))
    engine = installation.engine_of(kept)
    installation._installed(row, kept, done, engine, seconds=0.5, by=BY, make_current=True)
    return row


@pytest.fixture(scope="session", autouse=True)
def _no_module_stays() -> Iterator[None]:
    yield
    pool.close()


def ran(name: str = "tests/small", given: Any = None, **more: Any) -> Run:
    """Run a module in this process."""
    return running.now(name, given, by=more.pop("by", BY), **more)


def kinds(run: Run) -> list[str]:
    return [event.kind for event in events_after(run.stream, 0, 10_000)]


def payloads(run: Run, kind: str) -> list[dict[str, Any]]:
    return [event.payload for event in events_after(run.stream, 0, 10_000) if event.kind == kind]


def project(name: str = "Tuning") -> Project:
    return Project.objects.create(slug=name.lower(), name=name, created_by="tests")
