"""Every tool, as every role: who may use it gets an answer or a reason, who may not is refused."""

from typing import Any

import pytest

from agents.models import Conversation
from controls.models import Machine
from modules.models import Module
from modules.sandbox import interpreters
from optimizer.models import Campaign, Document, Environment
from tests.pages.modules_world import make_skill
from tests.pages.world import execute, make_campaign
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.accounts.permissions import PEOPLE_ONLY
from xoptweb.accounts.roles import ROLES
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import Conflict, NotAllowed, NotFound, Unavailable
from xoptweb.tools import registry
from xoptweb.tools.serving import serving

pytestmark = pytest.mark.django_db

EVERYBODY = set(ROLES)
DRIVERS = {"operator", "physicist", "administrator"}
RUNNERS = {"physicist", "module developer", "administrator"}
CODERS = {"operator", *RUNNERS}
WANTED = "make the beam on the screen smaller"

# its text can't be read, so that nothing has to be built for it
PROPOSED = {"name": "half", "description": "Halves.", "source": "def half(:", "examples": []}

# tool → the arguments of a sensible call, and who may make it
CALLS: dict[str, tuple[dict[str, Any], set[str]]] = {
    "find_machines": ({}, EVERYBODY),
    "find_channels": ({"words": "quadrupole"}, EVERYBODY),
    "read_channels": ({"machine": "demo-linac", "channels": ["Q1"]}, EVERYBODY),
    "channel_history": ({"machine": "demo-linac", "channel": "Q1"}, EVERYBODY),
    "find_environments": ({}, EVERYBODY),
    "read_environment": ({"environment": "{environment}"}, EVERYBODY),
    "list_documents": ({}, EVERYBODY),
    "read_document": ({"document": "{document}"}, EVERYBODY),
    "search_documents": ({"words": "beam"}, EVERYBODY),
    "find_campaigns": ({}, EVERYBODY),
    "read_campaign": ({"campaign": "{campaign}"}, EVERYBODY),
    "compare_campaigns": ({"campaigns": ["{campaign}", "{campaign}"]}, EVERYBODY),
    "read_evaluations": ({"campaign": "{campaign}"}, EVERYBODY),
    "save_evaluations": ({"campaign": "{campaign}"}, EVERYBODY),
    "best_evaluations": ({"campaign": "{campaign}"}, EVERYBODY),
    "propose_campaign": ({"environment": "{environment}", "sentence": WANTED}, DRIVERS),
    "find_modules": ({}, EVERYBODY),
    "run_module": ({"name": "nobody/nothing"}, RUNNERS),
    "look_at_run": ({"run": 1}, EVERYBODY),
    "propose_skill": (PROPOSED, RUNNERS),
    "look_at_skill": ({"name": "beam_area"}, EVERYBODY),
    "skill_beam_area": ({"width": 2}, RUNNERS),
    "remember": ({"text": "Q3 was swapped in May"}, EVERYBODY),
    "recall": ({"words": "Q3"}, EVERYBODY),
    "write_plan": ({"goal": "a smaller beam", "tasks": ["look"]}, EVERYBODY),
    "set_task": ({"task": 1, "state": "done"}, EVERYBODY),
    "note": ({"text": "Q3 looks odd"}, EVERYBODY),
    "read_plan": ({}, EVERYBODY),
    "list_files": ({}, EVERYBODY),
    "read_file": ({"path": "a.csv"}, EVERYBODY),
    "write_file": ({"path": "b.txt", "text": "b"}, EVERYBODY),
    "look_at_data": ({"path": "a.csv"}, EVERYBODY),
    "keep_artifact": ({"title": "a plot", "text": "caget Q1", "kind": "command"}, EVERYBODY),
    "find_artifacts": ({}, EVERYBODY),
    "python": ({"code": "1 + 1"}, CODERS),
    "shell": ({"command": "true"}, CODERS),
    "fetch": ({"url": "http://127.0.0.1/"}, EVERYBODY),
}
CHANGES = {
    "run_module", "remember", "write_plan", "set_task", "note", "write_file", "save_evaluations", "keep_artifact",
}  # fmt: skip
REASONS = (NotFound, Unavailable, Conflict)  # why somebody who may use it gets no result here


@pytest.fixture
def known(linac: Machine, olga: User, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Numbers of what the calls are about."""
    campaign = make_campaign(olga, state=Campaign.State.EXECUTING)
    execute(campaign, 12)
    make_skill()
    monkeypatch.setenv("XOPTWEB_FETCH_HOSTS", '["127.0.0.1"]')
    monkeypatch.setenv("XOPTWEB_AGENT_SHELL", "true")
    config.cache_clear()
    environment = Environment.objects.get()
    document = environment.documents.first() or Document.objects.create(environment=environment, title="t", text="beam")
    return {"campaign": campaign.pk, "environment": environment.slug, "document": document.pk}


@pytest.fixture(autouse=True)
def settings_are_read_anew() -> Any:
    yield
    config.cache_clear()
    interpreters.close()


def test_every_tool_is_here(known: dict[str, Any]) -> None:
    assert {spec.name for spec in registry.specs()} == set(CALLS)


def test_no_tool_decides_arms_administers_or_stops(known: dict[str, Any]) -> None:
    permissions = {spec.permission for spec in registry.specs()}
    assert permissions == {"view_machine", "run_campaigns", "run_modules", "run_code"}
    with pytest.raises(ValueError, match="for people"):
        registry.tool("approve", "Approve.", next(iter(PEOPLE_ONLY)))


@pytest.mark.parametrize("role", sorted(EVERYBODY))
def test_every_tool_answers_those_it_is_for_and_refuses_the_others(role: str, known: dict[str, Any]) -> None:
    user = person("somebody", role)
    by = Actor(user=user)
    conversation = Conversation.objects.create(owner=user)
    wrong = {}
    with serving(f"conversation:{conversation.pk}"):
        registry.call("write_file", {"path": "a.csv", "text": "a,b\n1,2\n"}, by)
        for name, (arguments, roles) in CALLS.items():
            outcome = _outcome(name, _filled(arguments, known), by)
            refused = isinstance(outcome, NotAllowed) and "permission" in outcome.message
            if refused == (role in roles):
                wrong[name] = outcome
    assert wrong == {}


def test_who_may_see_nothing_may_use_nothing(known: dict[str, Any]) -> None:
    user = person("stranger", "observer")
    user.groups.clear()
    by = Actor(user=User.objects.get(pk=user.pk))
    for name, (arguments, _) in CALLS.items():
        assert isinstance(_outcome(name, _filled(arguments, known), by), NotAllowed), name
    assert registry.offered(by) == []


def test_a_tool_is_offered_only_to_those_who_may_use_it(known: dict[str, Any], vera: User, ada: User) -> None:
    for user in (vera, ada):
        names = {spec.name for spec in registry.offered(Actor(user=user))}
        role = user.groups.get().name
        assert names == {name for name, (_, roles) in CALLS.items() if role in roles}


def test_nothing_is_changed_by_looking(known: dict[str, Any], ada: User) -> None:
    before = (Campaign.objects.count(), Module.objects.count(), Campaign.objects.get().state)
    for name, (arguments, _) in CALLS.items():
        if name not in {
            "run_module",
            "skill_beam_area",
            "propose_skill",
            "remember",
            "write_plan",
            "set_task",
            "note",
            "write_file",
            "save_evaluations",
            "keep_artifact",
        }:
            _outcome(name, _filled(arguments, known), Actor(user=ada))
    assert (Campaign.objects.count(), Module.objects.count(), Campaign.objects.get().state) == before


def _outcome(name: str, arguments: dict[str, Any], by: Actor) -> Any:
    try:
        return registry.call(name, arguments, by)
    except (*REASONS, NotAllowed) as problem:
        return problem


def _filled(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(part, known) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, known) for part in value]
    return known[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
