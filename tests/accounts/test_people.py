"""Accounts are made and changed by administrators, audited, and somebody can always administer."""

from typing import Any

import pytest

from xoptweb.accounts import people
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed

pytestmark = pytest.mark.django_db

GOOD = "a long enough phrase"


def acting(user: User) -> Any:
    return Actor(user=user, via="web")


def test_an_administrator_makes_a_person_with_a_role(ada: User) -> None:
    user = people.create("oskar", roles=["operator"], password=GOOD, by=acting(ada))
    stored = User.objects.get(username="oskar")
    assert stored == user
    assert stored.check_password(GOOD)
    assert [group.name for group in stored.groups.all()] == ["operator"]
    assert not stored.is_staff
    entry = Entry.objects.get(action="account.created")
    assert (entry.who, (entry.after or {})["roles"], entry.before) == ("ada", ["operator"], None)


def test_nobody_else_makes_accounts(peter: User) -> None:
    with pytest.raises(NotAllowed):
        people.create("oskar", roles=["operator"], password=GOOD, by=acting(peter))


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"password": "short"}, "password"),
        ({"username": "ada"}, "username"),
        ({"username": "no spaces please"}, "username"),
        ({"roles": ["king"]}, "groups"),
    ],
)
def test_what_is_wrong_with_an_account_is_named(ada: User, change: Any, field: str) -> None:
    wanted = {"username": "oskar", "roles": ["operator"], "password": GOOD} | change
    with pytest.raises(Invalid) as problem:
        people.create(**wanted, by=acting(ada))
    assert field in problem.value.fields
    assert not User.objects.filter(username="oskar").exists()


def test_a_service_account_has_no_password_and_never_administers(ada: User) -> None:
    robot = people.create("robot", roles=["operator"], by=acting(ada), password=GOOD, service=True)
    assert not robot.has_usable_password()
    with pytest.raises(Invalid):
        people.set_password(robot, GOOD, by=acting(ada))
    with pytest.raises(Invalid):
        people.change(robot, roles=["administrator"], by=acting(ada))


def test_roles_that_need_the_admin_open_it_and_others_close_it(ada: User) -> None:
    user = people.create("oskar", roles=["operator"], password=GOOD, by=acting(ada))
    people.change(user, roles=["physicist"], by=acting(ada))
    assert User.objects.get(pk=user.pk).is_staff
    people.change(user, roles=["observer"], by=acting(ada))
    assert not User.objects.get(pk=user.pk).is_staff
    assert [
        ((e.before or {})["roles"], (e.after or {})["roles"]) for e in Entry.objects.filter(action="account.changed")
    ][::-1] == [
        (["operator"], ["physicist"]),
        (["physicist"], ["observer"]),
    ]


@pytest.mark.parametrize("change", [{"active": False}, {"roles": ["operator"]}])
def test_the_last_administrator_stays(ada: User, change: Any) -> None:
    with pytest.raises(Conflict) as problem:
        people.change(ada, by=acting(ada), **change)
    assert problem.value.code == "last_administrator"
    ada.refresh_from_db()
    assert ada.is_active
    other = people.create("adam", roles=["administrator"], password=GOOD, by=acting(ada))
    people.change(ada, by=acting(other), **change)


def test_people_change_their_own_password_and_nobody_elses(olga: User, peter: User) -> None:
    people.set_password(olga, GOOD, by=acting(olga))
    assert User.objects.get(pk=olga.pk).check_password(GOOD)
    with pytest.raises(NotAllowed):
        people.set_password(olga, GOOD, by=acting(peter))
    assert GOOD not in str(list(Entry.objects.values()))


def test_a_change_that_changes_nothing_is_not_audited(ada: User, olga: User) -> None:
    people.change(olga, roles=["operator"], active=True, by=acting(ada))
    assert not Entry.objects.exists()
