"""Campaigns that a token asked for: the modules of their stages do no more than the token may."""

from collections.abc import Callable

import pytest

from modules.execution import once
from modules.models import Run
from modules.services import grants
from optimizer.models import Campaign, Environment, Stage, StageRun
from optimizer.services.choices import parse
from optimizer.services.creating import create
from optimizer.services.switching import switch
from tests.modules.installed import BY, Install, payloads
from tests.optimizer.stages.thinking import run_due, run_of, runs
from tests.optimizer.world import acting, iteration_of, load_demo, record_of, run_due_stages
from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor

TRIES = """
from xoptweb_sdk import call_tool
try:
    said = str(call_tool("run_module", name="lab/none"))
except Exception as refused:
    said = str(refused)
return {"state": "unknown", "reasoning": said}
"""
REVOKED = "The token “program” was revoked."


@pytest.fixture
def environment(transactional_db: None, install: Install) -> Environment:
    """Its state is found by a module that tries to run another one, which it was granted."""
    made = load_demo()
    grants.set_grants(install(TRIES, name="lab/tries").module, ["tool:run_module"], by=BY)
    switch(made, Stage.STATE, "lab/tries", by=BY)
    return made


@pytest.fixture
def token(peter: User) -> ApiToken:
    return tokens.issue(peter, "program", ["campaigns"], 1, Actor(user=peter))[0]


def asked(by: Actor, policy: str = "rules") -> Campaign:
    wish = {"environment": "screen-focus", "sentence": "make the beam on the screen smaller"}
    return create(parse(wish | {"after_module_failure": policy}), by=by)


def by_token(token: ApiToken) -> Actor:
    return Actor(user=token.user, via="api", token=token)


def revoke(token: ApiToken) -> None:
    tokens.revoke(token, Actor(user=token.user))


def end(token: ApiToken) -> None:
    ApiToken.objects.filter(pk=token.pk).update(expires_at=token.created_at)


def reasoning(campaign: Campaign) -> str:
    return record_of(iteration_of(campaign), "state").reasoning


def test_what_the_person_may_do_and_the_token_not_is_refused_and_recorded(
    environment: Environment, token: ApiToken, peter: User
) -> None:
    asked(acting(peter))
    run_due()
    assert payloads(run_of(StageRun.objects.get()), "tool_result")[0]["error"] == "lab/none is not installed."
    campaign = asked(by_token(token))
    run_due()
    why = "The token “program” has no scope for “run_modules”."
    (row,) = runs(campaign)
    assert payloads(run_of(row), "tool_result")[0]["error"] == why
    assert why in reasoning(campaign)
    assert (run_of(row).requested_by, run_of(row).token) == (peter, token)
    assert (row.state, campaign.token) == (StageRun.State.ACCEPTED, token)


@pytest.mark.parametrize(("ends", "why"), [(revoke, REVOKED), (end, "The token “program” has expired.")])
def test_for_a_token_that_ended_no_module_is_asked(
    environment: Environment, token: ApiToken, ends: Callable[[ApiToken], None], why: str
) -> None:
    campaign = asked(by_token(token))
    ends(token)
    assert "run" not in run_due()
    assert [(row.state, row.problem, row.run) for row in runs(campaign)] == [(StageRun.State.FAILED, why, None)]
    assert reasoning(campaign).startswith(f"lab/tries failed: {why}\nBy the campaign's policy the rules decide.")
    campaign.refresh_from_db()
    assert campaign.state == Campaign.State.ABORTED  # by the rules, as nobody serves the channels


def test_by_the_other_policy_the_campaign_ends_with_its_token(environment: Environment, token: ApiToken) -> None:
    campaign = asked(by_token(token), policy="stop")
    revoke(token)
    run_due()
    campaign.refresh_from_db()
    assert (campaign.state, campaign.message) == (
        Campaign.State.FAILED, f"State identification failed: lab/tries failed: {REVOKED}",
    )  # fmt: skip


def test_a_run_that_waits_is_not_begun_for_a_token_that_was_revoked(environment: Environment, token: ApiToken) -> None:
    campaign = asked(by_token(token))
    assert run_due_stages() == ["state"]
    revoke(token)
    run_due()
    (row,) = runs(campaign)
    assert (run_of(row).state, run_of(row).error) == (Run.State.FAILED, REVOKED)
    assert payloads(run_of(row), "tool_call") == []
    assert reasoning(campaign).startswith(f"lab/tries@1.0.0 failed: {REVOKED}")


def test_an_answer_for_a_token_that_was_revoked_meanwhile_does_not_count(
    environment: Environment, token: ApiToken
) -> None:
    campaign = asked(by_token(token))
    assert run_due_stages() == ["state"]
    (row,) = runs(campaign)
    once.attempt(run_of(row).pk)
    row.refresh_from_db()
    assert run_of(row).state == Run.State.SUCCEEDED
    revoke(token)
    run_due()
    (row,) = runs(campaign)
    assert (row.state, row.problem) == (StageRun.State.FAILED, REVOKED)
    assert reasoning(campaign).startswith(f"lab/tries@1.0.0 failed: {REVOKED}")
