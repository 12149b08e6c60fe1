"""How programs and pages prove to the API who they are."""

from base64 import b64encode
from typing import Any

import pytest
from django.test import Client

from xoptweb.accounts.models import User
from xoptweb.accounts.tokens import issue, revoke
from xoptweb.actors import system

pytestmark = pytest.mark.django_db

LIST, DECIDE = "/api/v1/approvals", "/api/v1/approvals/1/decide"


def token(user: User, *scopes: str) -> Any:
    return issue(user, "script", scopes or ("read",), 1, by=system("test"))


def basic(name: str, password: str) -> Any:
    return f"Basic {b64encode(f'{name}:{password}'.encode()).decode()}"


def test_a_bearer_token_is_let_in(client: Client, olga: User) -> None:
    _, secret = token(olga)
    assert client.get(LIST, headers={"Authorization": f"Bearer {secret}"}).status_code == 200


@pytest.mark.parametrize("name", ["olga", "", "token"])
def test_a_token_as_the_password_of_http_basic_is_let_in(client: Client, olga: User, name: str) -> None:
    _, secret = token(olga)
    assert client.get(LIST, headers={"Authorization": basic(name, secret)}).status_code == 200


def test_a_password_is_no_token(client: Client, olga: User) -> None:
    from tests.people import PASSWORD

    assert client.get(LIST, headers={"Authorization": basic("olga", PASSWORD)}).status_code == 401


@pytest.mark.parametrize("header", ["Bearer xw_wrong", "Bearer", "Basic !!!", "Digest x", "Bearer xw_ä"])
def test_anything_else_is_not(client: Client, olga: User, header: str) -> None:
    assert client.get(LIST, headers={"Authorization": header}).status_code == 401


def test_nobody_is_not_let_in(client: Client) -> None:
    assert client.get(LIST).status_code == 401
    assert client.post(DECIDE, {}, content_type="application/json").status_code == 401


def test_a_revoked_token_is_not(client: Client, olga: User) -> None:
    made, secret = token(olga)
    revoke(made, system("test"))
    assert client.get(LIST, headers={"Authorization": f"Bearer {secret}"}).status_code == 401


def test_a_session_is_let_in(client: Client, olga: User) -> None:
    client.force_login(olga)
    assert client.get(LIST).status_code == 200


def test_a_wrong_token_is_not_saved_by_a_session(client: Client, olga: User) -> None:
    client.force_login(olga)
    assert client.get(LIST, headers={"Authorization": "Bearer xw_wrong"}).status_code == 401


def test_a_session_that_changes_something_needs_the_csrf_token(olga: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(olga)
    body = {"verdict": "approve", "reason": "", "digest": ""}
    assert strict.post(DECIDE, body, content_type="application/json").status_code == 403


def test_a_token_needs_none_but_never_decides(client: Client, peter: User) -> None:
    strict = Client(enforce_csrf_checks=True)
    _, secret = token(peter, "read", "campaigns", "stop")
    body = {"verdict": "approve", "reason": "", "digest": ""}
    response = strict.post(DECIDE, body, content_type="application/json", headers={"Authorization": f"Bearer {secret}"})
    assert (response.status_code, response.json()["code"]) == (403, "not_allowed")
