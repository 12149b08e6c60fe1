"""What an agent outside can do, by the official client and a real server."""

from typing import Any

import pytest

from controls.models import Machine
from modules.sandbox.availability import no_python
from tests.mcp.conftest import Outside, token
from tests.people import person
from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.roles import ROLES
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.tools import outside
from xoptweb.tools.models import ToolCall

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize("mode", ["legacy", "2026-07-28"])
def test_it_reads_as_the_account_of_its_token_and_that_is_on_record(
    address: str, linac: Machine, olga: User, mode: str
) -> None:
    """With the revisions that begin with a handshake, and with those that do without."""
    agent = Outside(address, token(olga), mode)
    assert agent.tools()["find_channels"].annotations.read_only_hint
    found, failed = agent.call("find_channels", words="quadrupole")
    assert not failed
    assert {row["channel"] for row in found["channels"]} >= {"Q1", "Q2", "Q3"}
    call = ToolCall.objects.get()
    assert (call.user, call.token, call.tool) == (olga, "an agent", "find_channels")
    assert call.arguments == {"words": "quadrupole"}
    assert (call.failed, call.correlation) == (False, "outside-1")
    assert call.result == found


def test_what_it_changes_is_audited_as_the_token_under_the_same_correlation(
    address: str, linac: Machine, olga: User
) -> None:
    _, failed = Outside(address, token(olga)).call("remember", text="Q3 was swapped in May")
    assert not failed
    entry = Entry.objects.get(action="memory.stored")
    assert (entry.who, entry.via, entry.token, entry.correlation) == ("olga", "api", "an agent", "outside-1")


def test_what_goes_wrong_is_a_result_that_says_why(address: str, linac: Machine, olga: User) -> None:
    agent = Outside(address, token(olga))
    calls: list[tuple[str, dict[str, Any], str]] = [
        ("approve_everything", {}, "no_such_tool"),
        ("find_campaigns", {"limit": "many"}, "invalid"),
        ("read_campaign", {"campaign": 999}, "no_such_campaign"),
        ("run_module", {"name": "lab/report"}, "not_allowed"),
        ("read_file", {"path": "a"}, "no_such_file"),
        ("write_file", {"path": "../a", "text": "b"}, "invalid"),
    ]
    for name, arguments, code in calls:
        result, failed = agent.call(name, **arguments)
        assert (failed, result["code"]) == (True, code), name
        assert result["error"]
    assert set(ToolCall.objects.values_list("failed", flat=True)) == {True}


@pytest.mark.parametrize("role", sorted(ROLES))
def test_each_role_and_scope_is_offered_what_it_may_use(role: str, db: None) -> None:
    user = person("somebody", role)
    for scopes in (
        ["assistant"],
        ["assistant", "campaigns"],
        ["assistant", "modules"],
        ["assistant", "code"],
        ["assistant", "read", "stop"],
    ):
        row = issued(user, *scopes)
        by = Actor(user=user, via="api", token=row)
        names = {spec.name for spec in outside.offered(by)}
        drives = "campaigns" in scopes and role in {"operator", "physicist", "administrator"}
        runs = "modules" in scopes and role in {"physicist", "module developer", "administrator"}
        codes = "code" in scopes and role != "observer"
        assert ("propose_campaign" in names, "run_module" in names) == (drives, runs)
        assert {"read_channels", "write_plan", "write_file", "look_at_data", "keep_artifact"} <= names
        assert ("python" in names) == (codes and not no_python())
        for name in {"propose_campaign", "run_module", *([] if codes else ["python", "shell"])} - names:
            outcome = outside.call(name, {}, by)
            assert (outcome.failed, outcome.result["code"]) == (True, "not_allowed")


def issued(user: User, *scopes: str) -> ApiToken:
    return tokens.issue(user, "an agent", scopes, 1, Actor(user=user))[0]
