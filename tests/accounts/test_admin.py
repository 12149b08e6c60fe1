"""The admin: administrators change accounts through the services, everybody else reads at most."""

from typing import Any

import pytest
from django.contrib.auth.models import Group
from django.test import Client
from django.urls import reverse

from tests.people import person
from xoptweb.accounts import people
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.tokens import authenticate, issue
from xoptweb.actors import system
from xoptweb.audit.models import Entry

pytestmark = pytest.mark.django_db

PAGES = [
    "accounts_user",
    "accounts_apitoken",
    "audit_entry",
    "approvals_approval",
    "work_work",
    "live_stream",
    "live_event",
]
READS = {
    "operator": set(),
    "observer": set(),
    "physicist": {"audit_entry", "approvals_approval"},
    "administrator": set(PAGES),
}


@pytest.mark.parametrize("role", READS)
@pytest.mark.parametrize("page", PAGES)
def test_a_role_sees_in_the_admin_what_it_may(client: Client, role: str, page: str) -> None:
    client.force_login(person("somebody", role))
    status = client.get(reverse(f"admin:{page}_changelist")).status_code
    assert (status == 200) == (page in READS[role]), status


@pytest.mark.parametrize("page", ["audit_entry", "approvals_approval", "work_work", "live_stream", "live_event"])
def test_records_are_not_made_changed_or_deleted_there(client: Client, ada: User, page: str) -> None:
    client.force_login(ada)
    assert client.get(reverse(f"admin:{page}_add")).status_code == 403
    from django.apps import apps

    row = {"audit_entry": lambda: Entry.objects.create(who="x", via="system", action="y").pk}.get(page)
    if row is not None:
        pk = row()
        assert client.get(reverse(f"admin:{page}_change", args=[pk])).status_code == 200
        assert client.post(reverse(f"admin:{page}_change", args=[pk]), {"who": "nobody"}).status_code == 403
        assert client.post(reverse(f"admin:{page}_delete", args=[pk]), {"post": "yes"}).status_code == 403
        assert apps.get_model(page.replace("_", ".", 1)).objects.get(pk=pk).who == "x"


def test_there_is_one_login_page(client: Client, olga: User) -> None:
    response = client.get("/admin/login/", {"next": "/admin/audit/entry/"})
    assert response["Location"] == "/login/?next=/admin/audit/entry/"
    client.force_login(olga)
    assert client.get("/admin/login/").status_code == 403


def form(**changes: Any) -> Any:
    """What the page of one account posts."""
    groups = [Group.objects.get(name=name).pk for name in changes.pop("roles", ["operator"])]
    return {"username": "oskar", "is_active": "on", "groups": groups, "new_password": ""} | changes


def test_an_administrator_adds_a_person(client: Client, ada: User) -> None:
    client.force_login(ada)
    words = "a long enough phrase"
    response = client.post(reverse("admin:accounts_user_add"), form(new_password=words, roles=["physicist"]))
    assert response.status_code == 302, response.context["adminform"].form.errors
    user = User.objects.get(username="oskar")
    assert user.check_password(words)
    assert user.is_staff
    actions = list(Entry.objects.filter(target=f"accounts.user:{user.pk}").values_list("action", "who"))
    assert ("account.created", "ada") in actions


def test_an_administrator_changes_roles_and_keeps_the_password(client: Client, ada: User, olga: User) -> None:
    client.force_login(ada)
    before = User.objects.get(pk=olga.pk).password
    url = reverse("admin:accounts_user_change", args=[olga.pk])
    response = client.post(url, form(username="olga", roles=["physicist"]))
    assert response.status_code == 302, response.context["adminform"].form.errors
    stored = User.objects.get(pk=olga.pk)
    assert [group.name for group in stored.groups.all()] == ["physicist"]
    assert stored.password == before
    entry = Entry.objects.get(action="account.changed")
    assert ((entry.before or {})["roles"], (entry.after or {})["roles"]) == (["operator"], ["physicist"])


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"new_password": "short"}, "new_password"),
        ({}, "new_password"),
        ({"is_service": "on", "new_password": "a long enough phrase"}, "new_password"),
        ({"is_service": "on", "roles": ["administrator"]}, "groups"),
    ],
)
def test_what_is_wrong_with_an_account_is_named(client: Client, ada: User, changes: Any, field: str) -> None:
    client.force_login(ada)
    response = client.post(reverse("admin:accounts_user_add"), form(**changes))
    assert response.status_code == 200
    assert field in response.context["adminform"].form.errors
    assert not User.objects.filter(username="oskar").exists()


@pytest.mark.parametrize("changes", [{"is_active": ""}, {"roles": ["operator"]}, {"is_service": "on"}])
def test_the_last_administrator_stays(client: Client, ada: User, changes: Any) -> None:
    client.force_login(ada)
    url = reverse("admin:accounts_user_change", args=[ada.pk])
    response = client.post(url, form(username="ada", **({"roles": ["administrator"]} | changes)))
    assert response.status_code == 200
    assert response.context["adminform"].form.errors
    stored = User.objects.get(pk=ada.pk)
    assert (stored.is_active, stored.is_service) == (True, False)
    assert stored.groups.filter(name="administrator").exists()


def test_nobody_else_posts_there(client: Client, peter: User, olga: User) -> None:
    client.force_login(peter)
    assert client.post(reverse("admin:accounts_user_add"), form()).status_code == 403
    url = reverse("admin:accounts_user_change", args=[peter.pk])
    assert client.post(url, form(username="peter", roles=["administrator"])).status_code == 403
    assert not User.objects.get(pk=peter.pk).groups.filter(name="administrator").exists()


def test_accounts_are_never_deleted(client: Client, ada: User, olga: User) -> None:
    client.force_login(ada)
    assert client.post(reverse("admin:accounts_user_delete", args=[olga.pk]), {"post": "yes"}).status_code == 403


def test_a_token_for_a_service_account_is_issued_and_shown_once(client: Client, ada: User) -> None:
    client.force_login(ada)
    robot = people.create("robot", roles=["operator"], by=system("test"), service=True)
    url = reverse("admin:accounts_apitoken_add")
    words = {"user": robot.pk, "name": "night", "scopes": ["read"], "days": 3}
    response = client.post(url, words, follow=True)
    message = str(next(iter(response.context["messages"])))
    secret = message.rsplit(" ", 1)[1]
    assert authenticate(secret).user == robot
    assert secret not in client.get(reverse("admin:accounts_apitoken_changelist")).content.decode()


def test_tokens_are_revoked_by_an_action_and_not_changed(client: Client, ada: User, olga: User) -> None:
    client.force_login(ada)
    token, _ = issue(olga, "script", ["read"], 1, by=system("test"))
    page = reverse("admin:accounts_apitoken_change", args=[token.pk])
    assert client.get(page).status_code == 200
    assert client.post(page, {"name": "other"}).status_code == 403
    client.post(reverse("admin:accounts_apitoken_changelist"), {"action": "revoke", "_selected_action": [token.pk]})
    assert ApiToken.objects.get().revoked_at is not None
