"""Every tool, as every role: who may use it gets an answer or a reason, who may not is refused."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from django.apps import apps
from django.utils import timezone

from agents.services import conversations
from controls.models import Machine
from modules.sandbox import interpreters
from optimizer.models import Campaign, Document, Environment
from tests.pages.modules_world import make_module, make_run, make_skill
from tests.pages.world import execute, make_campaign
from tests.people import person
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import PEOPLE_ONLY
from xoptweb.accounts.roles import ROLES
from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.errors import NotAllowed, Problem, Unavailable
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
    "run_module": ({"name": "{module}"}, RUNNERS),
    "look_at_run": ({"run": "{run}"}, EVERYBODY),
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
# what is missing in this place: a monitor, a page at that address, and on some hosts a sandbox
GIVES_A_REASON = {
    "read_channels": Unavailable,
    "channel_history": Unavailable,
    "fetch": NotAllowed,
    "python": Unavailable,
    "shell": Unavailable,
}
# a service account acts by a token: one that only talks, and one with all that agents may use
PROGRAMS = {"talks": ["assistant"], "does all": ["assistant", "campaigns", "modules", "code"]}


@pytest.fixture
def known(linac: Machine, olga: User, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Numbers of what the calls are about."""
    campaign = make_campaign(olga, state=Campaign.State.EXECUTING)
    execute(campaign, 12)
    make_skill()
    module = make_module()
    monkeypatch.setenv("XOPTWEB_FETCH_HOSTS", '["127.0.0.1"]')
    monkeypatch.setenv("XOPTWEB_AGENT_SHELL", "true")
    config.cache_clear()
    environment = Environment.objects.get()
    document = environment.documents.first() or Document.objects.create(environment=environment, title="t", text="beam")
    return {"campaign": campaign.pk, "environment": environment.slug, "document": document.pk,
            "module": module.name, "run": make_run(module).pk}  # fmt: skip


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


@pytest.fixture
def somebody(request: pytest.FixtureRequest) -> Actor:
    """A person of that role, or a service account of a physicist's rights with the token of that name."""
    if request.param not in PROGRAMS:
        return Actor(user=person("somebody", request.param))
    program = person("program", "physicist")
    program.is_service = True
    program.save()
    until = timezone.now() + timedelta(days=1)
    token = ApiToken.objects.create(user=program, name="t", scopes=PROGRAMS[request.param], expires_at=until)
    return Actor(user=program, via="api", token=token)


@pytest.mark.parametrize("somebody", sorted({*EVERYBODY, *PROGRAMS}), indirect=True)
def test_every_tool_answers_those_it_is_for_and_refuses_the_others(
    somebody: Actor, known: dict[str, Any], request: pytest.FixtureRequest
) -> None:
    role = request.node.callspec.params["somebody"]
    wrong = {}
    with in_a_conversation_of(somebody):
        for name, (arguments, roles) in CALLS.items():
            outcome = _outcome(name, _filled(arguments, known), somebody)
            if _is_for(role, roles) != _is_answer(name, outcome):
                wrong[name] = outcome
    assert wrong == {}


def _is_for(role: str, roles: set[str]) -> bool:
    """A token that only talks reaches what everybody may use."""
    return roles == EVERYBODY if role == "talks" else ("physicist" if role in PROGRAMS else role) in roles


def _is_answer(name: str, outcome: Any) -> bool:
    """A result; of a few tools also why there is none here, which is never a missing right."""
    if not isinstance(outcome, Problem):
        return True
    return isinstance(outcome, GIVES_A_REASON.get(name, ())) and outcome.code != NotAllowed.code


@contextmanager
def in_a_conversation_of(by: Actor) -> Iterator[None]:
    """With a file in its workspace and a plan."""
    conversation = conversations.begin(by=by)
    with serving(conversation.stream):
        registry.call("write_file", {"path": "a.csv", "text": "a,b\n1,2\n"}, by)
        registry.call("write_plan", {"goal": "a smaller beam", "tasks": ["look"]}, by)
        yield


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
    """Of all that is stored: writes, memories, artifacts, files, plans, approvals, work, and whatever comes later."""
    by = Actor(user=ada)
    looking = [spec.name for spec in registry.specs() if not spec.changes]
    with in_a_conversation_of(by):
        before = stored()
        for name in looking:
            assert _is_answer(name, _outcome(name, _filled(CALLS[name][0], known), by)), name
        assert stored() == before


def stored() -> dict[str, list[Any]]:
    """Every row of every table."""
    return {model._meta.label: list(model._default_manager.order_by("pk").values()) for model in apps.get_models()}


def test_what_is_said_to_change_something_does(known: dict[str, Any], ada: User) -> None:
    by = Actor(user=ada)
    silent = set()
    with in_a_conversation_of(by):
        for spec in registry.specs():
            before = stored()
            outcome = _outcome(spec.name, _filled(CALLS[spec.name][0], known), by)
            if spec.changes and not isinstance(outcome, Problem) and stored() == before:
                silent.add(spec.name)
    assert silent <= {"python", "shell"}  # those store only what the code has made


def _outcome(name: str, arguments: dict[str, Any], by: Actor) -> Any:
    try:
        return registry.call(name, arguments, by)
    except Problem as problem:
        return problem


def _filled(value: Any, known: dict[str, Any]) -> Any:
    if isinstance(value, dict):
        return {name: _filled(part, known) for name, part in value.items()}
    if isinstance(value, list):
        return [_filled(part, known) for part in value]
    return known[value[1:-1]] if isinstance(value, str) and value.startswith("{") else value
