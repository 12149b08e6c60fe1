"""Syncing: from sources, registries and what is installed, to a lock; loud when something can't be had."""

import functools
import hashlib
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from modules import package
from modules.files.deps import Deps
from modules.files.lock import Locked
from modules.models import ModuleVersion, Project
from modules.registries import Unreachable, open_registry
from modules.services import projects, registries, running, syncing
from modules.tasks import sync as sync_work
from tests.modules.installed import BY, Install, actor, project, ran, source
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import Conflict, Invalid, NotAllowed
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)
Offer = Callable[..., Path]


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    path = tmp_path / "shelf"
    path.mkdir()
    return path


@pytest.fixture
def offer(shelf: Path, tmp_path: Path) -> Offer:
    """Put a package onto the shelf."""

    def offer(version: str, body: str = "return given", *, name: str = "tests/small") -> Path:
        directory = tmp_path / f"offered-{name.replace('/', '-')}-{version}-{len(body)}"
        made = source(directory, body, name=name, version=version)
        return package.write(made, shelf)

    return offer


@pytest.fixture
def server(shelf: Path) -> Iterator[str]:
    """An index of what is on the shelf, on this host."""
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Quiet.of(shelf)) as listening:
        thread = threading.Thread(target=listening.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{listening.server_port}"
        listening.shutdown()
        thread.join()


class Quiet(http.server.SimpleHTTPRequestHandler):
    @classmethod
    def of(cls, directory: Path) -> Callable[..., "Quiet"]:
        return functools.partial(cls, directory=str(directory))

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        pass


def index(shelf: Path, **wrong: str) -> None:
    entries = []
    for file in sorted(shelf.glob("*.xopt")):
        stated = package.read(file).manifest
        entry = {"name": stated.name, "version": stated.version, "file": file.name,
                 "sha256": hashlib.sha256(file.read_bytes()).hexdigest()}  # fmt: skip
        entries.append(entry | wrong)
    (shelf / "index.json").write_text(json.dumps({"modules": entries}))


def needing(requirement: str, *, url: str = "", name: str = "tests/small", path: str = "") -> Project:
    here = project()
    sources = {name: path} if path else {}
    projects.set_deps(here, Deps({name: requirement}, sources, {"shelf": url} if url else {}), by=BY)
    return here


def sync(here: Project, **more: object) -> dict[str, Locked]:
    return {row.name: row for row in syncing.sync(here, by=BY, **more)}  # type: ignore[arg-type]


def test_the_newest_that_suits_is_installed_from_a_directory_and_locked(offer: Offer, shelf: Path) -> None:
    for version in ("1.0.0", "1.2.0", "1.10.0", "1.11.0rc1", "2.0.0"):
        offer(version, f"return '{version}'")
    here = needing(">=1,<2", url=shelf.as_uri())
    locked = sync(here)["tests/small"]
    assert (locked.version, locked.source) == ("1.10.0", shelf.as_uri())
    assert locked.digest == ModuleVersion.objects.get(version="1.10.0").digest
    assert here.sync == "synced"
    assert running.now("tests/small", None, by=BY, project=here).output == "1.10.0"


def test_the_lock_holds_until_an_upgrade_is_asked_for(offer: Offer, shelf: Path) -> None:
    offer("1.0.0")
    here = needing(">=1,<2", url=shelf.as_uri())
    sync(here)
    offer("1.1.0")
    assert sync(here)["tests/small"].version == "1.0.0"
    assert sync(here, upgrade=True)["tests/small"].version == "1.1.0"
    assert ModuleVersion.objects.filter(state="installed").count() == 2


def test_a_lock_from_elsewhere_gives_the_same_here(offer: Offer, shelf: Path) -> None:
    archive = offer("1.0.0")
    offer("1.1.0")
    here = needing(">=1", url=shelf.as_uri())
    digest = package.read(archive).digest
    given = {"tests/small": Locked("tests/small", "1.0.0", digest, "elsewhere")}
    assert sync(here, locked=given)["tests/small"].version == "1.0.0"
    other = {"tests/small": Locked("tests/small", "1.1.0", "0" * 64, "elsewhere")}
    with pytest.raises(Invalid, match="as it was locked"):
        sync(here, locked=other)


def test_what_cannot_be_had_is_named_and_nothing_is_installed(offer: Offer, shelf: Path) -> None:
    offer("1.0.0")
    here = project()
    wanted = {"tests/small": "1.0.0", "tests/none": "*", "tests/other": ">=3"}
    projects.set_deps(here, Deps(wanted, {}, {"shelf": shelf.as_uri()}), by=BY)
    with pytest.raises(Invalid) as refusal:
        sync(here)
    assert set(refusal.value.fields) == {"tests/none", "tests/other"}
    assert not ModuleVersion.objects.exists()
    here.refresh_from_db()
    assert here.sync == "failed"
    assert "tests/none" in here.sync_error
    assert not here.locks.exists()


def test_versions_are_honoured_and_the_message_says_what_there_is(offer: Offer, shelf: Path) -> None:
    offer("1.0.0")
    with pytest.raises(Invalid, match=r"tests/small 2\.0: there are only 1\.0\.0"):
        sync(needing("2.0", url=shelf.as_uri()))


def test_a_source_directory_is_packaged_and_again_when_it_changed(tmp_path: Path) -> None:
    made = source(tmp_path / "mine", "return 'first'")
    here = needing("*", path=str(made))
    sync(here)
    assert ran(project=here).output == "first"
    source(made, "return 'second'")
    sync(here)
    assert ran(project=here).output == "second"


@pytest.mark.parametrize(
    ("requirement", "name", "says"),
    [("2.0.0", "tests/small", "version 1.0.0"), ("*", "tests/else", "is tests/small, not")],
)
def test_a_source_that_is_something_else_is_refused(tmp_path: Path, requirement: str, name: str, says: str) -> None:
    made = source(tmp_path / "mine")
    with pytest.raises(Invalid, match=says):
        sync(needing(requirement, name=name, path=str(made)))
    with pytest.raises(Invalid, match="is not there"):
        sync(_gone(made))


def _gone(made: Path) -> Project:
    here = Project.objects.get()
    here.sources.update(path=str(made / "nowhere"))
    return here


def test_an_index_on_a_server_gives_packages_whose_hash_is_right(offer: Offer, shelf: Path, server: str) -> None:
    offer("1.0.0")
    index(shelf)
    assert sync(needing("1.0.0", url=server))["tests/small"].source == server


def test_a_package_with_another_hash_is_refused(offer: Offer, shelf: Path, server: str) -> None:
    offer("1.0.0")
    index(shelf, sha256="0" * 64)
    with pytest.raises(Invalid, match="not what the index says"):
        sync(needing("1.0.0", url=server))
    assert not ModuleVersion.objects.exists()


def test_a_package_on_another_host_is_refused(offer: Offer, shelf: Path, server: str) -> None:
    offer("1.0.0")
    index(shelf, file="http://localhost:1/x.xopt")
    with pytest.raises(Invalid, match="another host"):
        sync(needing("1.0.0", url=server))


@pytest.mark.parametrize("content", ["nonsense", '{"modules": 3}', '{"modules": [{"name": "a/b"}]}', None])
def test_a_registry_that_makes_no_sense_is_told_as_the_reason(shelf: Path, server: str, content: str | None) -> None:
    if content is not None:
        (shelf / "index.json").write_text(content)
    with pytest.raises(Unreachable):
        open_registry(server).offers("a/b")
    with pytest.raises(Invalid, match=r"can't be understood|does not answer"):
        sync(needing("1.0.0", url=server))


def test_a_registry_that_is_away_matters_only_when_it_is_needed(install: Install) -> None:
    install()
    here = needing("1.0.0", url="file:///nowhere/at/all")
    said: list[str] = []
    assert sync(here, say=said.append)["tests/small"].source == "installed"
    assert any("is no directory" in line for line in said)


def test_a_broken_package_on_the_shelf_is_no_offer(offer: Offer, shelf: Path) -> None:
    offer("1.0.0")
    (shelf / "broken.xopt").write_bytes(b"broken")
    assert sync(needing("*", url=shelf.as_uri()))["tests/small"].version == "1.0.0"


def test_an_engine_comes_along(offer: Offer, shelf: Path, tmp_path: Path) -> None:
    offer("1.0.0", "return 'engine'")
    (tmp_path / "variant").mkdir()
    manifest = 'name: "tests/variant"\nversion: "1.0.0"\nengine: "tests/small@1.0.0"\n'
    (tmp_path / "variant" / "xopt.yaml").write_text(manifest)
    package.write(tmp_path / "variant", shelf)
    here = needing("1.0.0", name="tests/variant", url=shelf.as_uri())
    assert set(sync(here)) == {"tests/variant", "tests/small"}
    assert ran("tests/variant", project=here).output == "engine"


def test_a_site_wide_registry_serves_every_project(offer: Offer, shelf: Path, ada: User, peter: User) -> None:
    offer("1.0.0")
    with pytest.raises(NotAllowed):
        registries.save("shelf", shelf.as_uri(), by=actor(peter))
    for wrong in ("ftp://x", "file://host/x", "https://", "http://example.com"):
        with pytest.raises(Invalid):
            registries.save("shelf", wrong, by=actor(ada))
    registries.save("shelf", shelf.as_uri(), by=actor(ada))
    assert sync(needing("1.0.0"))


def test_a_change_of_dependencies_makes_the_sync_stale_and_a_sync_that_runs_is_alone(install: Install) -> None:
    install()
    here = needing("1.0.0")
    sync(here)
    projects.depend(here, "tests/small", ">=1", by=BY)
    assert here.sync == "stale"
    Project.objects.update(sync="running")
    with pytest.raises(Conflict):
        sync(here)


def test_nothing_is_synced_for_a_token_that_was_revoked_meanwhile(install: Install, ada: User) -> None:
    install()
    here = needing("1.0.0")
    token, _ = tokens.issue(ada, "program", ["modules"], 1, Actor(user=ada))
    syncing.request(here, by=Actor(user=ada, via="api", token=token))
    tokens.revoke(token, Actor(user=ada))
    sync_work(**Work.objects.get(name="modules.sync").arguments)
    here.refresh_from_db()
    assert (here.sync, here.sync_error) == ("failed", "The token “program” was revoked.")
    assert not here.locks.exists()


def test_a_project_without_a_lock_or_the_module_says_so(install: Install) -> None:
    install()
    here = needing("1.0.0")
    with pytest.raises(Conflict, match="not synced"):
        syncing.require_synced(here, "tests/small")
    sync(here)
    syncing.require_synced(here, "tests/small")
