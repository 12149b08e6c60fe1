"""The first accounts."""

import pytest
from django.contrib.auth import authenticate

from xoptweb.accounts.models import User
from xoptweb.actors import system
from xoptweb.audit.models import Entry
from xoptweb.errors import Invalid
from xoptweb.supervisor import first_start
from xoptweb.supervisor.first_start import Login, first_accounts

pytestmark = pytest.mark.django_db


def roles(login: Login) -> list[str]:
    user = authenticate(username=login.username, password=login.password)
    assert user is not None
    return [group.name for group in user.groups.all()]


def test_an_administrator_and_two_demo_people_can_log_in() -> None:
    found = {login.title: roles(login) for login in first_accounts(demo=True)}
    assert found == {"operator": ["operator"], "approver": ["physicist"], "administrator": ["administrator"]}
    assert set(Entry.objects.filter(action="account.created").values_list("who", flat=True)) == {"first start"}


def test_without_the_demo_there_is_only_an_administrator() -> None:
    assert [login.username for login in first_accounts(demo=False)] == ["admin"]


def test_a_second_start_makes_and_tells_nothing(ada: User) -> None:
    assert first_accounts(demo=True) == []
    assert User.objects.count() == 1


def test_a_first_start_that_was_broken_off_is_done_again_with_new_passwords(monkeypatch: pytest.MonkeyPatch) -> None:
    first_accounts(demo=True)
    User.objects.get(username="admin").delete()
    again = first_accounts(demo=True)
    assert {login.title: roles(login) for login in again}.keys() == {"operator", "approver", "administrator"}


def test_no_password_is_made_twice_and_all_pass_the_validators() -> None:
    assert len({first_start.generate() for _ in range(1000)}) == 1000


def test_a_name_that_is_taken_is_refused(ada: User) -> None:
    with pytest.raises(Invalid, match="can't be made"):
        first_start.create("ada", "administrator", title="administrator", by=system("test"))
