"""From a text to a tool: written, asked for, approved, installed, used, replaced, removed."""

import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, connections
from django.test.utils import CaptureQueriesContext

from agents.services import conversations
from modules import places
from modules.models import ModuleVersion, Run, Skill, SkillVersion
from modules.services import grants, installing, promoting, running, skills
from modules.skills import packaging
from tests.agents.conftest import profile
from tests.agents.loop.conftest import Talking, talking
from tests.endpoint import Said
from tests.modules.installed import BY, actor, kinds
from tests.modules.skills.writing import (
    EXAMPLES,
    SOURCE,
    approve,
    asked,
    doing,
    install_what_is_due,
    promoted,
    text,
    wrote,
)
from tests.people import person
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide, withdraw
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed, NotFound
from xoptweb.tools import registry
from xoptweb.tools.serving import serving
from xoptweb.work.models import Work

__all__ = ["profile", "talking"]

pytestmark = pytest.mark.django_db(transaction=True)
TOOL = "skill_beam_area"
DOUBLED = SOURCE.replace("math.pi", "2 * math.pi")
TWICE = [{"arguments": {"width": 1.0}, "result": 6.283185307179586}]
ENDLESS = SOURCE.replace("    return math", "    while width > 1:\n        pass\n    return math")
SAME = SOURCE.replace("math.pi", "3.1415926535897931")


def names(by: Actor) -> set[str]:
    return {spec.name for spec in registry.offered(by)}


def test_an_approved_skill_is_a_tool_and_its_use_an_ordinary_run(peter: User, ada: User) -> None:
    approval = asked(peter)
    assert TOOL not in names(actor(peter))
    assert approval.content["source"].strip() == SOURCE.strip()
    assert approval.content["grants"] == []
    assert approval.content["replaces"] is None
    approve(approval, ada)
    assert TOOL not in names(actor(peter))
    install_what_is_due()
    assert TOOL in names(actor(peter))
    spec = registry.find(TOOL)
    assert spec is not None
    assert spec.permission == "run_modules"
    assert spec.schema["properties"]["width"]["description"] == "horizontal half axis, in mm."
    told = registry.call(TOOL, {"width": 2, "height": 3}, actor(peter))
    assert told["result"] == pytest.approx(18.85, rel=1e-3)
    run = Run.objects.get(pk=told["run"])
    assert (str(run.version), run.input, run.requester) == (
        "skills/beam_area@1",
        {"width": 2.0, "height": 3.0},
        "peter",
    )
    assert "step" in kinds(run)
    assert told["link"] == f"/runs/{run.pk}/"
    actions = set(Entry.objects.values_list("action", flat=True))
    assert {"skill.written", "skill.promoted", "module.installed", "approval.used"} <= actions


def test_its_arguments_are_held_to_its_schema_before_anything_runs(peter: User, ada: User) -> None:
    promoted(peter, ada)
    for wrong in ({}, {"width": "wide"}, {"width": 1, "depth": 2}):
        with pytest.raises(Invalid):
            registry.call(TOOL, wrong, actor(peter))
    assert not Run.objects.exists()


def test_what_raises_inside_is_told_as_a_failed_run(peter: User, ada: User) -> None:
    source = SOURCE.replace("return math", "assert width > 0, 'no beam'\n    return math")
    promoted(peter, ada, source)
    told = registry.call(TOOL, {"width": -1}, actor(peter))
    assert (told["state"], "no beam" in told["error"]) == ("failed", True)
    assert "result" not in told


@pytest.mark.parametrize("role", ["observer", "operator"])
def test_who_may_not_run_modules_neither_writes_nor_asks_nor_uses(role: str, peter: User, ada: User) -> None:
    version = promoted(peter, ada)
    by = actor(person("somebody", role))
    attempts: list[Callable[[], Any]] = [
        lambda: skills.write(text(), by=by),
        lambda: skills.check(version, by=by),
        lambda: promoting.ask(version, by=by),
        lambda: promoting.make_current(version, by=by),
        lambda: promoting.remove(version.skill, by=by),
        lambda: registry.call(TOOL, {"width": 1}, by),
    ]
    for attempt in attempts:
        with pytest.raises(NotAllowed):
            attempt()
    assert TOOL not in names(by)


def test_who_asked_who_may_not_install_and_who_is_no_person_do_not_decide(peter: User, ada: User) -> None:
    approval = asked(peter)
    with pytest.raises(NotAllowed, match="somebody else"):
        approve(approval, peter)
    with pytest.raises(NotAllowed, match="install_modules"):
        approve(approval, person("paula", "physicist"))
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=BY, digest=approval.digest)
    own = asked(ada, name="other", source=SOURCE.replace("beam_area", "other"))
    with pytest.raises(NotAllowed, match="somebody else"):
        approve(own, ada)
    assert not Work.objects.filter(name="modules.install").exists()
    assert SkillVersion.objects.filter(state="waiting").count() == 2


def test_a_text_whose_checks_failed_is_not_asked_for(peter: User) -> None:
    for version in (wrote(peter, doing("return 7"), examples=EXAMPLES), wrote(peter, "def beam_area(:")):
        with pytest.raises(Conflict, match="only what passed"):
            promoting.ask(version, by=actor(peter))
    assert not Approval.objects.exists()


def test_a_text_that_was_changed_after_it_was_asked_for_is_refused(peter: User, ada: User) -> None:
    approval = asked(peter)
    evil = SOURCE.replace("math.pi", "0")
    for changes in ({"source": evil}, {"grants": ["network"]}, {"digest": text(evil).digest, "source": evil}):
        before = SkillVersion.objects.values(*changes).get()
        SkillVersion.objects.update(**changes)
        with pytest.raises(Conflict, match="changed since"):
            approve(approval, ada)
        SkillVersion.objects.update(**before)
    archive = places.absolute(approval.content["archive"])
    kept = archive.read_bytes()
    archive.write_bytes(b"something else")
    with pytest.raises(Conflict, match="changed since"):
        approve(approval, ada)
    archive.write_bytes(kept)
    Approval.objects.update(content=approval.content | {"source": evil})
    with pytest.raises(Conflict, match="content of this approval was changed"):
        approve(approval, ada)
    assert not Work.objects.filter(name="modules.install").exists()


def test_another_package_in_the_place_of_the_approved_one_is_not_installed(
    peter: User, ada: User, tmp_path: Path
) -> None:
    approval = asked(peter)
    approve(approval, ada)
    archive = places.absolute(approval.content["archive"])
    kept = archive.read_bytes()
    archive.write_bytes(packaging.write(text(DOUBLED, examples=TWICE), 1, tmp_path).read_bytes())
    ModuleVersion.objects.update(path="elsewhere")  # nothing of an earlier test is taken
    install_what_is_due()
    archive.write_bytes(kept)
    version = ModuleVersion.objects.get()
    assert (version.state, "not the one that was uploaded" in version.error) == ("failed", True)
    assert TOOL not in names(actor(peter))


def test_what_is_installed_otherwise_than_approved_is_no_tool(peter: User, ada: User) -> None:
    version = promoted(peter, ada)
    ModuleVersion.objects.update(digest="0" * 64)
    assert TOOL not in names(actor(peter))
    with pytest.raises(NotFound):
        registry.call(TOOL, {"width": 1}, actor(peter))
    ModuleVersion.objects.update(digest=version.package_digest)
    SkillVersion.objects.update(source=SOURCE.replace("width:", "wide:"))
    registry_cache_forgets()
    assert TOOL not in names(actor(peter))


def registry_cache_forgets() -> None:
    from modules.skills import offering

    offering._known.clear()


def test_nobody_gets_a_tool_by_installing_the_package_without_the_approval(peter: User, ada: User) -> None:
    asked(peter)
    installing.reinstall(ModuleVersion.objects.get(), by=actor(ada))
    install_what_is_due()
    assert ModuleVersion.objects.get().state == "installed"
    assert TOOL not in names(actor(peter))
    assert grants.texts(ModuleVersion.objects.get().module) == []


def test_two_who_ask_at_once_ask_once(peter: User) -> None:
    version = wrote(peter)
    again = SkillVersion.objects.select_related("skill").get(pk=version.pk)
    promoting.ask(version, by=actor(peter))
    with pytest.raises(Conflict, match="somebody else has asked"):
        promoting.ask(again, by=actor(person("paula", "physicist")))
    assert Approval.objects.count() == 1


def test_two_who_write_at_once_do_not_pass_over_each_other(peter: User) -> None:
    paula = actor(person("paula", "physicist"))
    first = wrote(peter)
    for seen, words in (("", "already"), ("0" * 64, "Somebody else has changed")):
        with pytest.raises(Conflict, match=words):
            skills.write(text(SOURCE.replace("math.pi", "3")), by=paula, seen=seen)
    second = skills.write(text(SOURCE.replace("math.pi", "3")), by=paula, seen=first.digest)
    assert (second.number, second.state) == (2, "checking")
    assert SkillVersion.objects.get(number=1).source == first.source
    third = skills.write(text(SOURCE.replace("math.pi", "3.14")), by=paula, seen=second.digest)
    assert (third.number, third.pk) == (2, second.pk)


def test_a_check_of_a_text_that_was_changed_meanwhile_is_not_recorded(peter: User) -> None:
    first = skills.write(text(), by=actor(peter))
    assert Work.objects.get(name="modules.check_skill").arguments == {"version": first.pk, "digest": first.digest}
    old = first.digest
    second = skills.write(text(SOURCE.replace("math.pi", "4")), by=actor(peter))
    skills.perform(first.pk, old)
    second.refresh_from_db()
    assert (second.pk, second.state) == (first.pk, "checking")
    skills.given_up(second.pk, second.digest)
    second.refresh_from_db()
    assert second.state == "faulty"
    skills.check(second, by=actor(peter))
    skills.perform(second.pk, second.digest)
    second.refresh_from_db()
    assert (second.state, second.checks[-1]["passed"]) == ("faulty", False)


def test_what_is_refused_can_be_mended_and_asked_for_again(peter: User, ada: User) -> None:
    approval = asked(peter)
    decide(approval.pk, "request_changes", "use mm", by=actor(ada), digest=approval.digest)
    version = SkillVersion.objects.get()
    assert (version.state, version.said) == ("checked", "Changes requested: use mm")
    second = promoting.ask(version, by=actor(peter))
    withdraw(second, "not yet", by=actor(peter))
    version.refresh_from_db()
    assert (version.state, version.said) == ("checked", "Withdrawn: not yet")


def test_a_new_version_shows_the_one_it_replaces_and_one_that_fails_leaves_it(peter: User, ada: User) -> None:
    promoted(peter, ada)
    approval = asked(peter, DOUBLED, examples=TWICE)
    assert approval.content["replaces"]["number"] == 1
    assert approval.content["replaces"]["source"].strip() == SOURCE.strip()
    approve(approval, ada)
    archive = places.absolute(approval.content["archive"])
    kept = archive.read_bytes()
    archive.write_bytes(b"the disk is full of sand")
    install_what_is_due()
    archive.write_bytes(kept)
    assert ModuleVersion.objects.get(version="2").state == "failed"
    told = registry.call(TOOL, {"width": 1}, actor(peter))
    assert told["result"] == pytest.approx(3.1416, rel=1e-4)


def test_another_version_can_be_made_the_tool(peter: User, ada: User) -> None:
    first = promoted(peter, ada)
    second = promoted(peter, ada, DOUBLED, examples=TWICE)
    assert second.number == 2
    assert registry.call(TOOL, {"width": 1}, actor(peter))["result"] == pytest.approx(6.2832, rel=1e-4)
    promoting.make_current(first, by=actor(ada))
    assert registry.call(TOOL, {"width": 1}, actor(peter))["result"] == pytest.approx(3.1416, rel=1e-4)
    draft = wrote(peter, SOURCE.replace("math.pi", "3 * math.pi"))
    with pytest.raises(Conflict):
        promoting.make_current(draft, by=actor(ada))


def test_what_is_removed_is_gone_at_once_everywhere_and_says_so(peter: User, ada: User) -> None:
    version = promoted(peter, ada)
    told = registry.call(TOOL, {"width": 1}, actor(peter))
    Run.objects.filter(pk=told["run"]).update(state="running")
    assert f"run {told['run']}" in promoting.remove(version.skill, by=actor(ada))
    assert TOOL not in names(actor(peter))
    with pytest.raises(NotFound):
        registry.call(TOOL, {"width": 1}, actor(peter))
    Run.objects.update(state="succeeded")
    assert promoting.remove(version.skill, by=actor(ada)) == ""
    assert ModuleVersion.objects.get().state == "removed"
    assert Entry.objects.filter(action="skill.removed", who="ada").count() == 2
    asked(peter, SAME)
    with pytest.raises(Conflict, match="waits for a decision"):
        promoting.remove(version.skill, by=actor(ada))


def test_grants_are_those_that_were_approved_with_the_version_that_runs(peter: User, ada: User) -> None:
    installer = person("ivan", "physicist")
    installer.groups.add(*person("dora", "module developer").groups.all())
    approval = asked(peter, grants=["tool:find_machines"])
    with pytest.raises(NotAllowed, match="administer"):
        approve(approval, User.objects.get(pk=installer.pk))
    approve(approval, ada)
    install_what_is_due()
    module = Skill.objects.get().module
    assert module is not None
    assert grants.texts(module) == ["tool:find_machines"]
    plain = asked(peter, SAME)
    approve(plain, User.objects.get(pk=installer.pk))
    assert grants.texts(module) == ["tool:find_machines"]
    install_what_is_due()
    assert grants.texts(module) == []
    promoting.make_current(SkillVersion.objects.get(number=1), by=actor(ada))
    assert grants.texts(module) == ["tool:find_machines"]


def test_a_module_calls_a_skill_as_a_module_and_not_as_a_tool(peter: User, ada: User) -> None:
    """So calls can't go round in a circle through tools."""
    promoted(peter, ada)
    with serving("run:7"), pytest.raises(NotAllowed, match="skills/beam_area"):
        registry.call(TOOL, {"width": 1}, actor(peter))


def test_looking_which_tools_there_are_costs_one_query(peter: User, ada: User) -> None:
    promoted(peter, ada)
    registry.specs()
    with CaptureQueriesContext(connection) as queries:
        registry.specs()
        registry.find("find_machines")
    assert len(queries) == 1


def test_no_provider_brings_a_tool_that_is_for_people_alone(
    monkeypatch: pytest.MonkeyPatch, peter: User, ada: User
) -> None:
    promoted(peter, ada)
    spec = registry.find(TOOL)
    assert spec is not None
    bad = replace(spec, permission="decide")
    monkeypatch.setitem(registry._providers, "bad", registry.Provider(lambda: [bad], lambda name: bad))
    with pytest.raises(ValueError, match="for people"):
        registry.specs()
    with pytest.raises(ValueError, match="for people"):
        registry.call("anything", {}, actor(ada))


def test_cancelling_a_conversation_ends_the_run_that_it_waits_for(peter: User, ada: User) -> None:
    promoted(peter, ada, ENDLESS)
    by = Actor(user=peter, via="web", correlation="conversation:7")
    told: list[Any] = []
    wanted_no_more = threading.Event()

    def call() -> None:
        try:
            with serving("conversation:7", wanted_no_more.is_set):
                told.append(registry.call(TOOL, {"width": 2}, by))
        finally:
            connections.close_all()

    thread = threading.Thread(target=call)
    thread.start()
    wait_until(lambda: Run.objects.filter(state="running", correlation="conversation:7").exists())
    wanted_no_more.set()
    thread.join()
    assert told[0]["state"] == "cancelled"


def test_a_cancellation_that_comes_before_the_run_exists_ends_it_as_well(
    talking: Talking, peter: User, ada: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    promoted(peter, ada, ENDLESS)
    chosen = running.chosen_version
    with talking(Said("", ((TOOL, {"width": 2}),)), "So large.", user=peter) as talk:

        def just_cancelled(*given: Any) -> ModuleVersion:
            """The model has called the skill; its run is about to be made."""
            conversations.cancel(talk.conversation, by=talk.by)
            return chosen(*given)

        monkeypatch.setattr(running, "chosen_version", just_cancelled)
        turn = talk.ask("how large is it?")
        assert (turn.state, len(talk.scripted.asked)) == ("cancelled", 1)
    run = Run.objects.get()
    assert (run.state, run.correlation) == ("cancelled", talk.conversation.stream)
