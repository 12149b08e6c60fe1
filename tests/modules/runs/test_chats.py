"""Conversations of runs with a real endpoint: held to grants, counted, traced, cancelled."""

import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from django.db import connection

from agents.gateway.tokens import CHARACTERS
from agents.models import ModelCall, ModelProfile
from modules.execution import once
from modules.models import Run
from modules.services import grants, lost, running
from modules.services.running import FollowUp
from tests.endpoint import Answer, Endpoint, Said, endpoint
from tests.modules.installed import BY, Install, payloads, ran
from tests.patience import patient
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed
from xoptweb.transactions import transaction
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)

CHATS = """
told = [{"role": "system", "content": "Look."}, {"role": "user", "content": "now"}]
return xopt.chat(told, model="lab", tools=["find_machines"], schema={"type": "object"})
"""


@pytest.fixture
def model() -> Iterator[Endpoint]:
    with endpoint(Said("I look.", (("find_machines", {}),))) as scripted:
        ModelProfile.objects.create(name="lab", base_url=scripted.url, model="llama", attempts=1, timeout_s=60.0)
        yield scripted


def test_a_turn_offers_tools_and_tells_the_form(install: Install, model: Endpoint) -> None:
    version = install(CHATS)
    grants.set_grants(version.module, ["llm:lab", "tool:find_machines"], by=BY)
    run = ran()
    assert run.state == Run.State.SUCCEEDED, run.error
    answer: Any = run.output
    assert answer["calls"][0]["name"] == "find_machines"
    assert 30_000 < answer["room"] < 16_000 * CHARACTERS, "beside the answer, the tool and the form"
    (asked,) = model.asked
    assert asked["tools"][0]["function"]["name"] == "find_machines"
    assert '{"type": "object"}' in asked["messages"][0]["content"]
    assert run.tokens_in > 0
    assert payloads(run, "llm_call")[0]["tools"] == ["find_machines"]
    assert payloads(run, "llm_result")[0]["calls"][0]["name"] == "find_machines"


@pytest.mark.parametrize(
    ("granted", "why"),
    [(["tool:find_machines"], "was not granted the model lab"), (["llm:*"], "was not granted the tool find_machines")],
)
def test_what_was_not_granted_is_refused_and_nobody_is_asked(
    install: Install, model: Endpoint, granted: list[str], why: str
) -> None:
    version = install(CHATS)
    grants.set_grants(version.module, granted, by=BY)
    run = ran()
    assert run.state == Run.State.FAILED
    assert why in run.error
    assert why in payloads(run, "llm_result")[0]["error"]
    assert model.asked == []


def test_a_call_that_is_written_as_a_block_counts_only_when_all_of_it_is_right(install: Install) -> None:
    """For endpoints that take no tools by themselves."""
    with endpoint('<tool name="find_channels">{"limit": "many"}</tool>') as scripted:
        ModelProfile.objects.create(name="lab", base_url=scripted.url, model="llama", attempts=1, native_tools=False)
        version = install(CHATS.replace("find_machines", "find_channels"))
        grants.set_grants(version.module, ["llm:lab", "tool:find_channels"], by=BY)
        answer: Any = ran().output
    assert answer["calls"] == []
    assert "the arguments of “find_channels” are wrong: limit" in answer["faults"][0]
    assert "tools" not in scripted.asked[0]


def test_a_cancelled_run_waits_for_no_answer(install: Install) -> None:
    over = threading.Event()

    def cancels(asked: dict[str, Any]) -> Answer:
        Run.objects.filter(state=Run.State.RUNNING).update(cancel_requested=True)
        connection.close()  # that of the server's thread, which ends with the answer
        over.wait(patient(60))
        return "too late"

    with endpoint(cancels) as scripted:
        ModelProfile.objects.create(name="lab", base_url=scripted.url, model="llama", attempts=1, timeout_s=60.0)
        version = install(CHATS)
        grants.set_grants(version.module, ["llm:lab", "tool:find_machines"], by=BY)
        run = ran()
        over.set()
    assert run.state == Run.State.CANCELLED
    assert ModelCall.objects.get().state == ModelCall.State.CANCELLED


def test_a_run_whose_token_is_revoked_meanwhile_asks_no_model_more(install: Install, peter: User) -> None:
    token, _ = tokens.issue(peter, "program", ["modules"], 1, Actor(user=peter))

    def revokes(asked: dict[str, Any]) -> Answer:
        tokens.revoke(token, Actor(user=peter))
        connection.close()  # that of the server's thread
        return "yes"

    with endpoint(revokes) as scripted:
        ModelProfile.objects.create(name="lab", base_url=scripted.url, model="llama", attempts=1, timeout_s=60.0)
        version = install('return [xopt.call_llm(each, model="lab") for each in ("one", "two")]')
        grants.set_grants(version.module, ["llm:lab"], by=BY)
        run = ran(by=Actor(user=peter, via="api", token=token))
    assert len(scripted.asked) == 1
    answered, refused = payloads(run, "llm_result")
    assert (answered["response"], refused["error"]) == ("yes", "The token “program” was revoked.")


def queued(install: Install, olga: User, body: str = "return given") -> Run:
    install(body)
    follow_up = FollowUp("modules.forget", {"why": "a test"})
    return running.run_as_part("tests/small", 7, served=olga, token=None, correlation="campaign:7", follow_up=follow_up)


def lose(run: Run) -> None:
    with transaction("the work of a run is given up"):
        lost.given_up(run.pk, "its worker died")


ENDS: dict[str, Callable[[Run], object]] = {
    "succeeded": lambda run: once.attempt(run.pk),
    "cancelled": lambda run: running.cancel(run, by=BY),
    "lost": lose,
}


@pytest.mark.parametrize("state", ENDS)
def test_the_end_of_a_run_makes_its_follow_up_due_however_it_ends(install: Install, olga: User, state: str) -> None:
    run = queued(install, olga)
    assert not Work.objects.filter(key=f"after:run:{run.pk}").exists()
    ENDS[state](run)
    run.refresh_from_db()
    assert run.state == state
    work = Work.objects.get(key=f"after:run:{run.pk}")
    assert (work.name, work.arguments, work.correlation) == ("modules.forget", {"why": "a test"}, "campaign:7")


def test_who_is_served_needs_no_right_to_run_modules(install: Install, olga: User) -> None:
    run = queued(install, olga)
    assert (run.requested_by, run.requester) == (olga, "olga")
    with pytest.raises(NotAllowed, match="run_modules"):
        running.run("tests/small", 7, by=Actor(user=olga))
