"""Who may not come in is told why, and what is no message of the protocol does no harm."""

import http.client
import json
from datetime import timedelta
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.test import Client
from django.utils import timezone

from tests.mcp.conftest import token
from tests.pages.world import log_in
from xoptweb.accounts import tokens
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor
from xoptweb.tools.models import ToolCall

pytestmark = pytest.mark.django_db(transaction=True)

LIST = b'{"jsonrpc": "2.0", "id": 1, "method": "tools/list"}'
ACCEPT = {"Content-Type": "application/json", "Accept": "application/json, text/event-stream"}


def knock(address: str, secret: str = "", *, body: bytes = LIST, method: str = "POST", **more: str) -> tuple[int, str]:
    """A request by hand; the status and what was said."""
    host = urlsplit(address).netloc
    connection = http.client.HTTPConnection(host, timeout=20)
    given = {"Authorization": f"Bearer {secret}"} if secret else {}
    names = {name.replace("_", "-"): value for name, value in more.items()}
    connection.request(method, "/mcp", body, ACCEPT | given | names)
    answer = connection.getresponse()
    said = answer.read().decode()
    connection.close()
    return answer.status, said


def test_a_token_with_the_scope_comes_in_and_others_are_told_why_not(address: str, olga: User) -> None:
    secret = token(olga)
    assert knock(address, secret)[0] == 200
    for wrong, code in [("", "login_needed"), ("xw_nonsense", "token_unknown")]:
        status, said = knock(address, wrong)
        assert (status, json.loads(said)["code"]) == (401, code)
    status, said = knock(address, token(olga, "read", "campaigns"))
    assert (status, json.loads(said)["code"]) == (403, "scope_missing")
    assert "assistant" in said


def test_a_token_that_has_ended_does_not_come_in_any_more(address: str, olga: User) -> None:
    secret = token(olga)
    row = ApiToken.objects.get()
    ApiToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "token_expired" in knock(address, secret)[1]
    tokens.revoke(row, Actor(user=olga))
    assert "token_revoked" in knock(address, secret)[1]
    other = token(olga)
    User.objects.update(is_active=False)
    assert "account_inactive" in knock(address, other)[1]


def test_who_may_see_nothing_here_is_refused(address: str, vera: User) -> None:
    secret = token(vera)
    vera.groups.clear()
    status, said = knock(address, secret)
    assert (status, json.loads(said)["code"]) == (403, "not_allowed")


def test_the_login_of_a_page_opens_nothing(address: str, olga: User) -> None:
    key = log_in(Client(), olga).cookies[settings.SESSION_COOKIE_NAME].value
    assert knock(address, Cookie=f"{settings.SESSION_COOKIE_NAME}={key}")[0] == 401


def test_other_sites_and_other_names_of_this_host_are_refused(address: str, olga: User) -> None:
    secret, host = token(olga), urlsplit(address).netloc
    assert knock(address, secret, Origin=f"http://{host}")[0] == 200
    for origin in ("http://evil.example", "null", f"http://{host}.evil.example", f"https://{host}"):
        assert knock(address, secret, Origin=origin)[0] == 403, origin
    assert knock(address, secret, Host="rebound.example")[0] == 421
    assert knock(address, secret, Host="rebound.example", Origin="http://rebound.example")[0] == 421


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"[" * 100_000, 400),
        (b"", 400),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": 7}}', 200),
        (b'{"jsonrpc": "2.0", "id": 1, "method": "sampling/createMessage", "params": {}}', 200),
        (b'{"text": "' + b"x" * 1_000_001 + b'"}', 413),
    ],
    ids=["broken", "deep", "empty", "wrong-name", "unknown-method", "large"],
)
def test_what_is_no_message_gets_an_error(address: str, olga: User, body: bytes, status: int) -> None:
    found, said = knock(address, token(olga), body=body)
    assert found == status
    if status == 200:
        assert "error" in json.loads(said)
    assert not ToolCall.objects.exists()


@pytest.mark.parametrize("method", ["GET", "DELETE", "PUT"])
def test_only_posts_are_taken(address: str, olga: User, method: str) -> None:
    assert knock(address, token(olga), body=b"", method=method)[0] == 405
