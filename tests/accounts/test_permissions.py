"""Who may do what, by role, by token and by account."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import Group, Permission
from django.utils import timezone

from tests.people import person
from xoptweb.accounts.models import ApiToken, User
from xoptweb.accounts.permissions import allowed, require, require_confirmed
from xoptweb.accounts.roles import PERMISSIONS, ROLES
from xoptweb.actors import Actor, system
from xoptweb.errors import ConfirmationNeeded, NotAllowed

pytestmark = pytest.mark.django_db

OPERATOR = {"view_machine", "stop", "run_campaigns", "run_code", "view_audit"}
MAY = {
    "observer": {"view_machine"},
    "operator": OPERATOR,
    "physicist": OPERATOR | {"decide", "arm", "configure", "run_modules", "edit_tunables"},
    "module developer": {"view_machine", "stop", "install_modules", "run_modules", "edit_tunables", "run_code"},
    "administrator": set(PERMISSIONS),
}


@pytest.mark.parametrize("role", MAY)
@pytest.mark.parametrize("permission", PERMISSIONS)
def test_a_role_may_what_it_is_for_and_nothing_else(role: str, permission: str) -> None:
    by = Actor(user=person("somebody", role), via="web")
    assert allowed(by, permission) == (permission in MAY[role])


def test_every_role_is_described_here() -> None:
    assert set(MAY) == set(ROLES)


def test_the_permissions_are_those_of_the_model() -> None:
    from xoptweb.accounts.models import User

    assert [code for code, _ in User._meta.permissions] == list(PERMISSIONS)


def test_a_group_that_was_widened_by_hand_is_put_right_by_the_next_migration() -> None:
    from xoptweb.accounts.models import User
    from xoptweb.accounts.roles import sync

    somebody = person("somebody", "observer")
    Group.objects.get(name="observer").permissions.set(Group.objects.get(name="physicist").permissions.all())
    sync("accounts")
    assert not allowed(Actor(user=User.objects.get(pk=somebody.pk), via="web"), "arm")


def test_administrators_have_every_permission_of_every_app() -> None:
    from django.contrib.auth.models import Permission

    everything = set(Permission.objects.values_list("pk", flat=True))
    assert set(Group.objects.get(name="administrator").permissions.values_list("pk", flat=True)) == everything


def test_a_right_of_ones_own_counts_beside_those_of_the_groups_and_all_are_read_at_once(
    olga: User, django_assert_num_queries: Any
) -> None:
    olga.user_permissions.add(Permission.objects.get(codename="install_modules", content_type__app_label="accounts"))
    again = User.objects.get(pk=olga.pk)
    with django_assert_num_queries(1):
        assert again.has_perm("accounts.install_modules")
        assert again.has_perm("accounts.run_campaigns")
        assert not again.has_perm("accounts.administer")
    assert User.objects.get(pk=olga.pk).get_group_permissions() < again.get_all_permissions()


def test_a_right_that_was_taken_away_is_gone_with_the_next_request(olga: User) -> None:
    assert User.objects.get(pk=olga.pk).has_perm("accounts.run_campaigns")
    olga.groups.clear()
    assert not User.objects.get(pk=olga.pk).has_perm("accounts.run_campaigns")


def test_somebody_without_a_role_may_nothing(olga: User) -> None:
    olga.groups.clear()
    assert not any(allowed(Actor(user=olga, via="web"), permission) for permission in PERMISSIONS)


def test_an_account_that_is_switched_off_may_nothing(ada: User) -> None:
    ada.is_active = False
    assert not any(allowed(Actor(user=ada, via="web"), permission) for permission in PERMISSIONS)


def test_parts_of_xoptweb_may_everything_but_are_no_person() -> None:
    require(system("watchdog"), "stop")
    with pytest.raises(NotAllowed):
        require_confirmed(system("watchdog"))


@pytest.mark.parametrize(
    ("scopes", "may"),
    [
        (["read"], {"view_machine", "view_audit"}),
        (["campaigns"], {"view_machine", "view_audit", "run_campaigns"}),
        (["stop"], {"stop"}),
        (["modules"], {"view_machine", "install_modules", "run_modules", "edit_tunables"}),
        (["code"], {"run_code"}),
        (["assistant", "code"], {"view_machine", "run_code"}),
        (["read", "stop"], {"view_machine", "view_audit", "stop"}),
        (["unheard-of"], set()),
        ([], set()),
    ],
)
def test_a_token_reaches_as_far_as_its_scopes_even_an_administrators(
    ada: User, scopes: list[str], may: set[str]
) -> None:
    by = Actor(user=ada, via="api", token=ApiToken(user=ada, name="script", scopes=scopes))
    assert {permission for permission in PERMISSIONS if allowed(by, permission)} == may


def test_a_token_reaches_no_further_than_its_owner(vera: User) -> None:
    by = Actor(user=vera, via="api", token=ApiToken(user=vera, name="script", scopes=["read", "campaigns", "stop"]))
    assert {permission for permission in PERMISSIONS if allowed(by, permission)} == {"view_machine"}


def test_a_service_account_never_decides_arms_or_administers_whatever_its_groups(ada: User) -> None:
    ada.is_service = True
    ada.is_superuser = True
    by = Actor(user=ada, via="web", confirmed_at=timezone.now())
    assert {permission for permission in PERMISSIONS if not allowed(by, permission)} == {"decide", "arm", "administer"}
    with pytest.raises(NotAllowed):
        require_confirmed(by)


def test_a_refusal_names_who_and_what(olga: User) -> None:
    with pytest.raises(NotAllowed, match=r"olga.*arm"):
        require(Actor(user=olga, via="web"), "arm")


def test_a_permission_that_does_not_exist_is_a_mistake_of_ours(ada: User) -> None:
    with pytest.raises(ValueError, match="fly"):
        allowed(Actor(user=ada, via="web"), "fly")


@pytest.mark.parametrize("age", [None, timedelta(minutes=16)])
def test_the_password_is_needed_again_when_it_was_given_long_ago(peter: User, age: Any) -> None:
    confirmed_at = None if age is None else timezone.now() - age
    with pytest.raises(ConfirmationNeeded):
        require_confirmed(Actor(user=peter, via="web", confirmed_at=confirmed_at))


def test_a_password_given_just_now_is_enough(peter: User) -> None:
    require_confirmed(Actor(user=peter, via="web", confirmed_at=timezone.now() - timedelta(minutes=14)))
