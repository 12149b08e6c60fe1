"""API tokens: made once, hashed, bounded, revocable."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from xoptweb.accounts import people
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.tokens import authenticate, issue, revoke
from xoptweb.actors import Actor, system
from xoptweb.audit.models import Entry
from xoptweb.errors import Invalid, NotAllowed

pytestmark = pytest.mark.django_db


def made(user: User, by: Any = None, **more: Any) -> Any:
    wanted: dict[str, Any] = {"name": "script", "scopes": ["read"], "days": 30} | more
    return issue(user, by=by or Actor(user=user, via="web"), **wanted)


def test_a_token_is_known_by_its_secret(olga: User) -> None:
    token, secret = made(olga, scopes=["stop", "read"])
    known = authenticate(secret)
    assert (known, known.user, known.scopes) == (token, olga, ["read", "stop"])


def test_the_secret_has_256_bits_and_is_not_stored(olga: User) -> None:
    token, secret = made(olga)
    assert secret.startswith("xw_")
    assert len(secret) >= 3 + 43
    stored = ApiToken.objects.filter(pk=token.pk).values().get()
    assert secret not in str(stored)
    assert secret[3:] not in str(list(Entry.objects.values()))
    assert secret.startswith(token.prefix)


def test_two_tokens_are_different(olga: User) -> None:
    assert made(olga)[1] != made(olga)[1]


@pytest.mark.parametrize("secret", ["", "xw_", "xw_" + "a" * 43, "ä" * 5000])
def test_an_unknown_secret_is_refused(olga: User, secret: str) -> None:
    made(olga)
    with pytest.raises(NotAllowed) as problem:
        authenticate(secret)
    assert problem.value.code == "token_unknown"


def test_an_expired_token_is_refused(olga: User) -> None:
    token, secret = made(olga)
    ApiToken.objects.filter(pk=token.pk).update(expires_at=timezone.now())
    with pytest.raises(NotAllowed) as problem:
        authenticate(secret)
    assert problem.value.code == "token_expired"


def test_a_revoked_token_is_refused(olga: User) -> None:
    token, secret = made(olga)
    revoke(token, Actor(user=olga, via="web"))
    with pytest.raises(NotAllowed) as problem:
        authenticate(secret)
    assert problem.value.code == "token_revoked"


def test_a_token_of_an_account_that_is_switched_off_is_refused(olga: User) -> None:
    _, secret = made(olga)
    olga.is_active = False
    olga.save()
    with pytest.raises(NotAllowed) as problem:
        authenticate(secret)
    assert problem.value.code == "account_inactive"


def test_its_use_is_noted_at_most_once_a_minute(olga: User, django_assert_num_queries: DjangoAssertNumQueries) -> None:
    _, secret = made(olga)
    with django_assert_num_queries(2):
        first = authenticate(secret).last_used_at
    assert first is not None
    with django_assert_num_queries(1):
        assert authenticate(secret).last_used_at == first
    ApiToken.objects.update(last_used_at=timezone.now() - timedelta(minutes=2))
    second = authenticate(secret).last_used_at
    assert second is not None
    assert second > first


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("name", " "),
        ("name", "x" * 81),
        ("scopes", []),
        ("scopes", ["read", "decide"]),
        ("days", 0),
        ("days", 367),
    ],
)
def test_what_is_wrong_with_a_token_is_named(olga: User, field: str, value: Any) -> None:
    with pytest.raises(Invalid) as problem:
        made(olga, **{field: value})
    assert set(problem.value.fields) == {field}
    assert not ApiToken.objects.exists()


def test_only_administrators_make_tokens_for_others(olga: User, peter: User, ada: User) -> None:
    with pytest.raises(NotAllowed):
        made(olga, by=Actor(user=peter, via="web"))
    token, _ = made(olga, by=Actor(user=ada, via="web"))
    assert token.user == olga
    with pytest.raises(NotAllowed):
        revoke(token, Actor(user=peter, via="web"))
    revoke(token, Actor(user=ada, via="web"))


def test_a_token_makes_no_tokens(ada: User) -> None:
    token, _ = made(ada, scopes=["read", "campaigns", "stop"])
    with pytest.raises(NotAllowed):
        made(ada, by=Actor(user=ada, via="api", token=token))


def test_a_service_account_gets_its_token_from_an_administrator(ada: User) -> None:
    robot = people.create("robot", roles=["operator"], by=Actor(user=ada, via="web"), service=True)
    with pytest.raises(NotAllowed):
        made(robot)
    _, secret = made(robot, by=Actor(user=ada, via="web"))
    assert authenticate(secret).user == robot


def test_making_and_revoking_are_audited_once(olga: User) -> None:
    token, _ = made(olga, by=system("cli"))
    revoke(token, Actor(user=olga, via="web"))
    revoke(token, Actor(user=olga, via="web"))
    assert list(Entry.objects.order_by("pk").values_list("action", "who")) == [
        ("token.issued", "cli"),
        ("token.revoked", "olga"),
    ]
