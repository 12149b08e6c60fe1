"""Editing tunables in the admin: validated, with history, by the service."""

import pytest
from django.test import Client

from modules.models import Module, ModuleVersion, Tunable, TunableValue
from modules.services import declaring, tunables
from tests.modules.installed import BY
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.audit.models import Entry

FORM = {"description": "", "minimum": "", "maximum": "", "choices": "[]", "reason": "", "seen": "0", "_save": "Save"}
INLINE = {"values-TOTAL_FORMS": "0", "values-INITIAL_FORMS": "0"}


@pytest.fixture
def row(db: None) -> Tunable:
    module = Module.objects.create(name="tests/tuned")
    version = ModuleVersion.objects.create(module=module, version="1", manifest={"tunables": {"digits": 2}})
    declaring.declare(version)
    return Tunable.objects.get()


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def save(client: Client, row: Tunable, **changed: str) -> int:
    fields = FORM | INLINE | {"kind": row.kind, "value": "2"} | changed
    return client.post(f"/admin/modules/tunable/{row.pk}/change/", fields).status_code


def test_a_value_is_set_by_the_service_with_who_and_why(row: Tunable, peter: User) -> None:
    client = browser(peter)
    page = client.get(f"/admin/modules/tunable/{row.pk}/change/")
    assert page.status_code == 200
    assert save(client, row, value="3", reason="more of them") == 302
    value = TunableValue.objects.get()
    assert (value.value, value.by, value.reason, value.number) == (3, "peter", "more of them", 1)
    assert Entry.objects.filter(action="tunable.set", who="peter").exists()


def test_saving_without_a_change_makes_no_new_number(row: Tunable, peter: User) -> None:
    assert save(browser(peter), row) == 302
    assert not TunableValue.objects.exists()


def test_a_value_that_does_not_suit_is_refused_where_it_is_typed(row: Tunable, peter: User) -> None:
    client = browser(peter)
    for wrong, says in (("three", "not a number"), ('"3"', "has to be a number"), ("9", "above the largest")):
        more = {"maximum": "5"} if wrong == "9" else {}
        page = client.post(
            f"/admin/modules/tunable/{row.pk}/change/", FORM | INLINE | {"kind": "number", "value": wrong} | more
        )
        assert page.status_code == 200
        assert says in page.content.decode()
    assert not TunableValue.objects.exists()
    row.refresh_from_db()
    assert row.maximum is None


def test_bounds_and_value_change_together(row: Tunable, ada: User) -> None:
    assert save(browser(ada), row, value="4", minimum="0", maximum="5") == 302
    row.refresh_from_db()
    assert (row.minimum, row.maximum) == (0.0, 5.0)
    assert TunableValue.objects.get().value == 4
    assert save(browser(ada), row, value="4", minimum="0", maximum="3", seen="1") == 200


def test_whoever_was_slower_overwrites_nothing(row: Tunable, ada: User) -> None:
    tunables.set_value(row, 7, by=BY)
    assert save(browser(ada), row, value="3", seen="0") == 409
    assert [each.value for each in tunables.history(row)] == [7]


def test_an_earlier_value_is_rolled_back_to_by_an_action(row: Tunable, ada: User) -> None:
    for value in (3, 4):
        tunables.set_value(row, value, by=BY)
    first = TunableValue.objects.get(number=1)
    fields = {"action": "roll_back", "_selected_action": str(first.pk)}
    page = browser(ada).post("/admin/modules/tunablevalue/", fields, follow=True)
    assert "number 3 now" in page.content.decode()
    assert tunables.history(row)[0].value == 3


def test_clearing_lets_the_default_hold_again(row: Tunable, ada: User) -> None:
    tunables.set_value(row, 7, by=BY)
    assert save(browser(ada), row, value="7", clear="on", seen="1") == 302
    assert tunables.history(row)[0].cleared


PAGES = ("module", "tunable", "configurable", "tunablevalue", "run", "skillversion", "project")


@pytest.mark.parametrize("page", PAGES)
def test_every_list_opens_and_nobody_adds_or_deletes_there(row: Tunable, ada: User, page: str) -> None:
    client = browser(ada)
    assert client.get(f"/admin/modules/{page}/").status_code == 200
    assert client.get(f"/admin/modules/{page}/add/").status_code == 403


def test_a_registry_with_a_wrong_address_is_refused(ada: User, peter: User) -> None:
    client = browser(ada)
    assert client.post("/admin/modules/registry/add/", {"name": "lab", "url": "https://modules.lab"}).status_code == 302
    assert client.post("/admin/modules/registry/add/", {"name": "lab2", "url": "ftp://x"}).status_code == 422
    assert browser(peter).get("/admin/modules/registry/").status_code == 403


def test_a_developer_without_the_admin_does_not_get_in(row: Tunable) -> None:
    assert save(browser(person("mia", "module developer")), row, value="3") == 302
    assert not TunableValue.objects.exists()
