"""Logging in and out, the password again, and one's own account, as a browser meets them."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client, RequestFactory
from django.urls import reverse
from django.utils import timezone

from tests.people import PASSWORD, person
from xoptweb.accounts import throttle
from xoptweb.accounts.models import ApiToken, LoginFailure, User
from xoptweb.accounts.requests import CONFIRMED_AT, actor
from xoptweb.accounts.tokens import authenticate
from xoptweb.audit.models import Entry
from xoptweb.errors import NotAllowed

pytestmark = pytest.mark.django_db

LOGIN, CONFIRM, ACCOUNT = "/login/", "/confirm/", "/account/"


def log_in(client: Client, username: str = "olga", password: str = PASSWORD, **more: Any) -> Any:
    return client.post(LOGIN, {"username": username, "password": password, **more})


def logged_in(client: Client) -> Any:
    return "_auth_user_id" in client.session


def test_the_right_password_logs_in_and_counts_as_given_now(client: Client, olga: User) -> None:
    response = log_in(client, next="/account/")
    assert (response.status_code, response["Location"]) == (302, "/account/")
    age = timezone.now() - datetime.fromisoformat(client.session[CONFIRMED_AT])
    assert age < timedelta(seconds=10)
    assert Entry.objects.get(action="account.logged_in").who == "olga"


def test_the_login_page_is_shown_to_nobody_in_particular(client: Client) -> None:
    response = client.get(LOGIN)
    assert response.status_code == 200
    assert b'name="password"' in response.content


@pytest.mark.parametrize(
    "target",
    ["https://evil.example/", "//evil.example/", "javascript:alert(1)", "/\\evil.example/", "/\t/evil.example/",
     "/\n/evil.example/", "/\t\\evil.example/"],
)  # fmt: skip
def test_logging_in_leads_to_no_other_site(client: Client, olga: User, target: str) -> None:
    assert log_in(client, next=target)["Location"] == reverse("overview")


@pytest.mark.parametrize(
    ("username", "password"), [("olga", "wrong"), ("nobody", PASSWORD), ("", ""), ("ol\x00ga", "x")]
)
def test_a_wrong_login_is_refused_with_a_message(client: Client, olga: User, username: str, password: str) -> None:
    response = log_in(client, username, password)
    assert response.status_code == 422
    assert not logged_in(client)


def test_after_ten_wrong_passwords_even_the_right_one_has_to_wait(
    client: Client, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _ in range(10):
        assert log_in(client, password="wrong").status_code == 422
    response = log_in(client)
    assert response.status_code == 429
    assert throttle.MESSAGE in response.content.decode()
    assert not logged_in(client)
    LoginFailure.objects.update(at=timezone.now() - throttle.WINDOW)
    assert log_in(client).status_code == 302


def test_the_name_is_counted_however_it_is_written(client: Client, olga: User) -> None:
    for name in ("OLGA", " olga", "Olga ", "olga") * 3:
        log_in(client, name, "wrong")
    assert log_in(client).status_code == 429


def test_others_are_not_held_up(client: Client, olga: User, peter: User) -> None:
    for _ in range(10):
        log_in(client, password="wrong")
    assert log_in(client, "peter").status_code == 302
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    assert log_in(elsewhere).status_code == 302


def test_one_address_cannot_try_many_names(client: Client, olga: User) -> None:
    LoginFailure.objects.bulk_create(
        LoginFailure(username=f"name{n}", address="127.0.0.1") for n in range(throttle.MOST_PER_ADDRESS)
    )
    assert log_in(client).status_code == 429


def test_the_right_password_forgets_the_wrong_ones(client: Client, olga: User) -> None:
    for _ in range(9):
        log_in(client, password="wrong")
    log_in(client)
    assert not LoginFailure.objects.exists()


def test_old_failures_are_forgotten(client: Client, olga: User) -> None:
    old = timezone.now() - timedelta(hours=1)
    LoginFailure.objects.bulk_create(LoginFailure(username="x", address="y", at=old) for _ in range(20))
    log_in(client, password="wrong")
    assert LoginFailure.objects.count() == 1


def test_a_service_account_cannot_log_in_even_with_a_password(client: Client) -> None:
    robot = person("robot", "operator")
    robot.is_service = True
    robot.save()
    assert log_in(client, "robot").status_code == 422
    assert not logged_in(client)


def test_an_account_that_is_switched_off_cannot_log_in(client: Client, olga: User) -> None:
    User.objects.update(is_active=False)
    assert log_in(client).status_code == 422


def test_logging_out_takes_a_post(client: Client, olga: User) -> None:
    log_in(client)
    assert client.get("/logout/").status_code == 405
    assert logged_in(client)
    assert client.post("/logout/").status_code == 302
    assert not logged_in(client)
    assert Entry.objects.filter(action="account.logged_out", who="olga").exists()


@pytest.mark.parametrize(
    "path", [CONFIRM, ACCOUNT, "/account/tokens/", "/account/password/", "/account/tokens/1/revoke/"]
)
def test_everything_else_needs_a_login(client: Client, path: str) -> None:
    for response in (client.get(path), client.post(path)):
        assert response.status_code in (302, 405)
        if response.status_code == 302:
            assert response["Location"].startswith(LOGIN)


def test_the_password_again_renews_the_confirmation_and_goes_back(client: Client, peter: User) -> None:
    client.force_login(peter)
    assert CONFIRMED_AT not in client.session
    assert client.get(CONFIRM, {"next": "/account/"}).status_code == 200
    response = client.post(CONFIRM, {"password": PASSWORD, "next": "/account/"})
    assert (response.status_code, response["Location"]) == (302, "/account/")
    assert CONFIRMED_AT in client.session


def test_a_wrong_password_confirms_nothing_and_is_counted(client: Client, peter: User) -> None:
    client.force_login(peter)
    for _ in range(10):
        assert client.post(CONFIRM, {"password": "wrong"}).status_code == 422
    assert client.post(CONFIRM, {"password": PASSWORD}).status_code == 429
    assert CONFIRMED_AT not in client.session


def test_confirming_leads_to_no_other_site(client: Client, peter: User) -> None:
    client.force_login(peter)
    response = client.post(CONFIRM, {"password": PASSWORD, "next": "https://evil.example/"})
    assert response["Location"] == reverse("overview")


def test_the_account_page_tells_roles_and_permissions(client: Client, peter: User) -> None:
    client.force_login(peter)
    response = client.get(ACCOUNT)
    assert response.context["roles"] == ["physicist"]
    assert "decide" in dict(response.context["permissions"])
    assert "administer" not in dict(response.context["permissions"])


def test_a_token_is_made_and_its_secret_shown_once(client: Client, olga: User) -> None:
    client.force_login(olga)
    response = client.post("/account/tokens/", {"name": "script", "scopes": ["read", "stop"], "days": 7})
    secret = response.context["secret"]
    assert secret in response.content.decode()
    assert "no-store" in response["Cache-Control"]
    assert authenticate(secret).user == olga
    assert secret not in client.get(ACCOUNT).content.decode()


@pytest.mark.parametrize(
    "wrong", [{"name": ""}, {"scopes": ["fly"]}, {"scopes": []}, {"days": 0}, {"days": "many"}, {"days": 9999}]
)
def test_what_is_wrong_with_a_new_token_is_said_and_the_rest_kept(client: Client, olga: User, wrong: Any) -> None:
    client.force_login(olga)
    response = client.post("/account/tokens/", {"name": "kept", "scopes": ["read"], "days": 7} | wrong)
    assert response.status_code == 422
    assert set(response.context["token_form"].errors) == set(wrong)
    assert not ApiToken.objects.exists()
    if "name" not in wrong:
        assert b'value="kept"' in response.content


def test_people_revoke_their_own_tokens_and_nobody_elses(client: Client, olga: User, peter: User) -> None:
    client.force_login(olga)
    client.post("/account/tokens/", {"name": "script", "scopes": ["read"], "days": 7})
    token = ApiToken.objects.get()
    other = Client()
    other.force_login(peter)
    assert other.post(f"/account/tokens/{token.pk}/revoke/").status_code == 404
    assert client.post(f"/account/tokens/{token.pk}/revoke/").status_code == 302
    assert ApiToken.objects.get().revoked_at is not None


def test_people_change_their_password_and_stay_logged_in_here_only(client: Client, olga: User) -> None:
    client.force_login(olga)
    elsewhere = Client()
    elsewhere.force_login(olga)
    words = "an entirely new phrase"
    form = {"old_password": PASSWORD, "new_password1": words, "new_password2": words}
    assert client.post("/account/password/", form).status_code == 302
    assert User.objects.get(pk=olga.pk).check_password(words)
    assert client.get(ACCOUNT).status_code == 200
    assert elsewhere.get(ACCOUNT).status_code == 302


def test_a_weak_or_unproven_new_password_is_refused(client: Client, olga: User) -> None:
    client.force_login(olga)
    for old, new in ((PASSWORD, "short"), ("wrong", "an entirely new phrase")):
        form = {"old_password": old, "new_password1": new, "new_password2": new}
        assert client.post("/account/password/", form).status_code == 422
    assert User.objects.get(pk=olga.pk).check_password(PASSWORD)


def test_the_actor_of_a_request_is_who_is_logged_in(rf: RequestFactory, client: Client, olga: User) -> None:
    log_in(client)
    request = rf.get("/campaigns/", headers={"X-Correlation-ID": "night-shift-7"})
    request.user, request.session = olga, client.session
    by = actor(request)
    assert (by.user, by.via, by.token, by.correlation) == (olga, "web", None, "night-shift-7")
    assert by.confirmed_at is not None


def test_a_request_without_an_id_gets_one_and_keeps_it(rf: RequestFactory, client: Client, olga: User) -> None:
    request = rf.get("/", headers={"X-Correlation-ID": "a" * 500})
    request.user, request.session = olga, client.session
    assert len(actor(request).correlation) == 32
    assert actor(request).correlation == actor(request).correlation


def test_nobody_is_no_actor(rf: RequestFactory) -> None:
    from django.contrib.auth.models import AnonymousUser

    request = rf.get("/")
    request.user = AnonymousUser()
    with pytest.raises(NotAllowed) as problem:
        actor(request)
    assert problem.value.code == "login_needed"
