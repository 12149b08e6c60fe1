"""A request with an idempotency key acts once."""

import json
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from controls.models import Machine
from optimizer.models import Campaign
from tests.pages.world import log_in
from xoptweb.accounts.models import User
from xoptweb.accounts.tokens import issue
from xoptweb.actors import Actor
from xoptweb.pages.models import Answer
from xoptweb.pages.once import forget_old

ASKED = {"environment": "screen-focus", "sentence": "make the beam smaller"}


@pytest.fixture
def program(client: Client, linac: Machine, olga: User) -> Client:
    """A program that acts as olga."""
    _, secret = issue(olga, "program", ["campaigns"], 1, Actor(user=olga))
    client.defaults["HTTP_AUTHORIZATION"] = f"Bearer {secret}"
    return client


def ask(client: Client, key: str, **changes: object) -> tuple[int, dict[str, object], bool]:
    response = client.post(
        "/api/v1/campaigns", json.dumps(ASKED | changes), "application/json", headers={"Idempotency-Key": key}
    )
    return response.status_code, response.json(), "Idempotency-Replayed" in response


def test_a_repetition_gets_the_first_answer_and_does_nothing(program: Client) -> None:
    first, again = ask(program, "one"), ask(program, "one")
    assert first[0] == again[0] == 201
    assert first[1] == again[1]
    assert (first[2], again[2]) == (False, True)
    assert Campaign.objects.count() == 1


def test_a_key_used_for_something_else_is_refused(program: Client) -> None:
    ask(program, "one")
    status, problem, _ = ask(program, "one", sentence="make the beam larger")
    assert (status, problem["code"]) == (422, "key_reused")


def test_a_refusal_can_be_mended_with_the_same_key(program: Client) -> None:
    assert ask(program, "one", iterations_max=0)[0] == 422
    assert ask(program, "one")[0] == 201


def test_while_the_first_is_being_worked_on_the_second_waits_its_turn(program: Client) -> None:
    ask(program, "one")
    Answer.objects.update(status=None)
    status, problem, _ = ask(program, "one")
    assert (status, problem["code"]) == (409, "in_progress")
    Answer.objects.update(at=timezone.now() - timedelta(minutes=5))  # its process died
    assert ask(program, "one")[0] == 201
    assert Campaign.objects.count() == 1  # the campaign remembers the key as well


def test_keys_of_different_people_do_not_meet(program: Client, peter: User) -> None:
    ask(program, "one")
    person = log_in(Client(), peter)
    response = person.post("/machine/demo-linac/arm/", {"idempotency_key": "one"})
    assert response.status_code == 302
    assert Answer.objects.count() == 2


def test_too_long_a_key_is_refused(program: Client) -> None:
    status, problem, _ = ask(program, "x" * 81)
    assert (status, problem["code"]) == (422, "bad_key")


def test_secrets_are_never_kept(client: Client, olga: User) -> None:
    log_in(client, olga)
    data = {"name": "mine", "scopes": ["read"], "days": "3", "idempotency_key": "one"}
    assert "xw_" in client.post("/account/tokens/", data).content.decode()
    assert Answer.objects.count() == 0


def test_answers_are_forgotten_after_a_day(program: Client) -> None:
    ask(program, "one")
    forget_old()
    assert Answer.objects.count() == 1
    Answer.objects.update(at=timezone.now() - timedelta(days=2))
    forget_old()
    assert Answer.objects.count() == 0
