"""Installing and uninstalling by the services: who may, what is asked first, what stays when it fails."""

from pathlib import Path

import pytest

from modules import package, places
from modules.execution import installation
from modules.models import Grant, Module, ModuleVersion, ProjectLock, Run
from modules.services import grants, installing
from modules.tasks import install as install_work
from tests.modules.installed import BY, Install, actor, project, ran, source
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed, NotFound, Problem
from xoptweb.live.services import events_after
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)


def packed(path: Path, body: str = "return given", **more: str) -> Path:
    return package.write(source(path / "made", body, **more), path)


def do_work() -> None:
    """As a worker does the open installations."""
    for work in Work.objects.filter(name="modules.install", state="due"):
        install_work(**work.arguments)


def test_an_installed_version_says_what_it_is_and_its_log_was_live(install: Install, tmp_path: Path) -> None:
    version = installing.install_now(packed(tmp_path, "return 'new here'"), by=BY, say=lambda line: None)
    assert (version.state, version.module.current) == ("installed", version)
    assert version.description["steps"] == ["begin"]
    assert version.python.startswith("3.")
    assert version.isolation
    assert places.absolute(version.archive).is_file()
    events = events_after(version.module.stream, 0)
    assert [event.payload["state"] for event in events if event.kind == "state"] == ["building", "installed"]
    assert any("Starting" in event.payload["line"] for event in events if event.kind == "log")
    assert Entry.objects.filter(action="module.installed", label="tests/small@1.0.0").exists()
    assert grants.texts(version.module) == ["llm:*", "module:*"]


def test_who_may_install_does_so_by_a_worker(install: Install, tmp_path: Path, ada: User) -> None:
    version, approval = installing.install(packed(tmp_path), by=actor(ada))
    assert approval is None
    assert version.state == "uploaded"
    do_work()
    version.refresh_from_db()
    assert version.state == "installed"
    assert version.installed_by == "ada"


def test_nothing_is_installed_for_a_token_that_was_revoked_meanwhile(
    install: Install, tmp_path: Path, ada: User
) -> None:
    token, _ = tokens.issue(ada, "program", ["modules"], 1, Actor(user=ada))
    version, approval = installing.install(packed(tmp_path), by=Actor(user=ada, via="api", token=token))
    assert approval is None
    tokens.revoke(token, Actor(user=ada))
    do_work()
    version.refresh_from_db()
    assert (version.state, version.error) == ("failed", "The token “program” was revoked.")
    assert events_after(version.module.stream, 0)[-1].payload["error"] == version.error


def test_who_may_not_install_asks_and_an_administrator_decides(
    install: Install, tmp_path: Path, peter: User, ada: User, olga: User
) -> None:
    version, approval = installing.install(packed(tmp_path), by=actor(peter))
    assert approval is not None
    assert approval.content["module"] == "tests/small"
    assert not Work.objects.exists()
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=actor(olga), digest=approval.digest)
    decide(approval.pk, "approve", "", by=actor(ada), digest=approval.digest)
    approval.refresh_from_db()
    assert approval.state == Approval.State.USED
    do_work()
    version.refresh_from_db()
    assert version.state == "installed"


def test_deciding_is_not_enough_to_install(install: Install, tmp_path: Path, ada: User, peter: User) -> None:
    """A physicist may decide approvals, and still not bring new code onto the host."""
    from tests.people import person

    _, approval = installing.install(packed(tmp_path), by=actor(peter))
    assert approval is not None
    second = actor(person("paula", "physicist"))
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=second, digest=approval.digest)
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING
    assert not Work.objects.exists()


def test_operators_and_observers_do_not_upload(install: Install, tmp_path: Path, olga: User, vera: User) -> None:
    for person in (olga, vera):
        with pytest.raises(NotAllowed):
            installing.install(packed(tmp_path), by=actor(person))
    assert not Module.objects.exists()


def test_a_failed_installation_leaves_the_version_before_in_place(install: Install, tmp_path: Path) -> None:
    version = install("return 'works'")
    with pytest.raises(Problem, match="cannot be loaded"):
        installing.install_now(packed(tmp_path, "def begin(:"), by=BY, say=lambda line: None)
    version.refresh_from_db()
    assert version.state == "installed"
    assert "cannot be loaded" in version.error
    assert ran().output == "works"


def test_a_new_version_that_fails_says_why_and_the_old_one_stays_current(install: Install, tmp_path: Path) -> None:
    old = install("return 'works'")
    with pytest.raises(Problem):
        installing.install_now(packed(tmp_path, "def begin(:", version="2.0.0"), by=BY, say=lambda line: None)
    failed = ModuleVersion.objects.get(version="2.0.0")
    assert failed.state == "failed"
    assert failed.error
    assert Module.objects.get().current == old
    assert ran().output == "works"


def test_something_else_than_a_package_changes_nothing(install: Install, tmp_path: Path) -> None:
    file = tmp_path / "notes.xopt"
    file.write_text("not an archive")
    with pytest.raises(package.PackageError):
        installing.install(file, by=BY)
    assert not Module.objects.exists()
    assert not list(places.packages().glob(".upload-*"))


def test_an_engine_that_is_missing_is_named(install: Install, tmp_path: Path) -> None:
    manifest = 'name: "tests/variant"\nversion: "1.0.0"\nengine: "tests/small@1.0.0"\ntunables:\n  greeting: "Hi"\n'
    (tmp_path / "variant").mkdir()
    (tmp_path / "variant" / "xopt.yaml").write_text(manifest)
    archive = package.write(tmp_path / "variant", tmp_path)
    with pytest.raises(NotFound, match=r"tests/small@1\.0\.0 is not installed"):
        installing.install_now(archive, by=BY, say=lambda line: None)
    install('hi = client.tunable("greeting")\n@m.step\ndef begin(given):\n    return hi()')
    installing.install_now(archive, by=BY, say=lambda line: None)
    assert ran("tests/variant").output == "Hi"
    with pytest.raises(Conflict, match="engine of tests/variant"):
        installing.uninstall(ModuleVersion.objects.filter(module__name="tests/small"), by=BY)


def test_uninstalling_refuses_while_somebody_needs_it(install: Install) -> None:
    version = install()
    everything = ModuleVersion.objects.filter(module=version.module)
    run = ran(given=1)
    Run.objects.filter(pk=run.pk).update(state="queued")
    with pytest.raises(Conflict, match=f"run {run.pk}"):
        installing.uninstall(everything, by=BY)
    Run.objects.filter(pk=run.pk).update(state="failed")
    lock = ProjectLock.objects.create(project=project(), version=version, digest=version.digest, source="x")
    with pytest.raises(Conflict, match="Tuning"):
        installing.uninstall(everything, by=BY)
    lock.delete()
    installing.uninstall(everything, by=BY)
    version.refresh_from_db()
    assert (version.state, version.path) == ("removed", "")
    assert version.module.current is None or not Module.objects.filter(current=version).exists()
    with pytest.raises(NotFound):
        ran()
    assert Run.objects.get(pk=run.pk).version == version


def test_uninstalling_the_current_version_makes_the_newest_left_current(install: Install) -> None:
    install("return 'one'", version="1.9.0")
    install("return 'two'", version="1.10.0")
    newest = install("return 'three'", version="2.0.0")
    installing.uninstall(ModuleVersion.objects.filter(pk=newest.pk), by=BY)
    assert str(Module.objects.get().current) == "tests/small@1.10.0"


def test_another_content_of_a_locked_version_is_refused(install: Install, tmp_path: Path) -> None:
    version = install()
    ProjectLock.objects.create(project=project(), version=version, digest=version.digest, source="x")
    with pytest.raises(Conflict, match="locked"):
        installing.install_now(packed(tmp_path, "return 'other'"), by=BY, say=lambda line: None)
    assert ran(given=1).output == 1


def test_a_worker_that_died_while_installing_leaves_no_version_building(install: Install) -> None:
    version = install()
    ModuleVersion.objects.filter(pk=version.pk).update(state="building")
    installation.given_up(version.pk, "it died")
    version.refresh_from_db()
    assert version.state == "installed"
    assert "died" in version.error


def test_grants_are_an_administrators_and_others_ask(install: Install, ada: User, peter: User) -> None:
    from tests.people import person

    module = install().module
    developer = actor(person("mia", "module developer"))
    approval = grants.change(module, ["llm:*", "network"], by=developer)
    assert approval is not None
    assert approval.content == {
        "module": "tests/small", "before": ["llm:*", "module:*"], "after": ["llm:*", "network"],
    }  # fmt: skip
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=actor(peter), digest=approval.digest)
    decide(approval.pk, "approve", "", by=actor(ada), digest=approval.digest)
    assert grants.texts(module) == ["llm:*", "network"]
    assert Grant.objects.get(kind="network").by == "ada"
    with pytest.raises(NotAllowed):
        grants.change(module, [], by=actor(peter))


def test_an_approval_of_grants_that_changed_meanwhile_is_refused(install: Install, ada: User) -> None:
    from tests.people import person

    module = install().module
    approval = grants.change(module, ["network"], by=actor(person("mia", "module developer")))
    assert approval is not None
    grants.set_grants(module, [], by=BY)
    with pytest.raises(Conflict, match="changed since"):
        decide(approval.pk, "approve", "", by=actor(ada), digest=approval.digest)


@pytest.mark.parametrize("text", ["", "everything", "module:../x", "network:10.0.0.1", "tool:" + "x" * 300])
def test_what_is_no_grant_is_refused(install: Install, text: str) -> None:
    module = install().module
    with pytest.raises(Invalid):
        grants.set_grants(module, [text], by=BY)
    assert grants.texts(module) == ["llm:*", "module:*"]
