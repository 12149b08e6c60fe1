"""The audit log tells who did what, and nobody changes it afterwards."""

import csv
import json
import math
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import DatabaseError, connection
from pytest_django import DjangoAssertNumQueries

from tests.people import person
from tests.rollback import rolled_back
from xoptweb import correlation
from xoptweb.accounts.models import ApiToken, User
from xoptweb.actors import Actor, system
from xoptweb.audit import triggers
from xoptweb.audit.export import BATCH, COLUMNS
from xoptweb.audit.models import Entry
from xoptweb.audit.services import export_csv, export_json_lines, record

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def protected() -> Iterator[None]:
    """The table as it is outside of tests, which take the triggers away to empty tables between them."""
    triggers.install(connection)
    yield
    triggers.remove(connection)


def only() -> Entry:
    return Entry.objects.get()


def test_an_entry_tells_who_in_which_role_what_to_what_and_why(olga: User, peter: User) -> None:
    by = Actor(user=olga, via="web", correlation="request-1")
    record(by, "account.changed", peter, before={"active": True}, after={"active": False})
    entry = only()
    assert (entry.who, entry.role, entry.via, entry.token) == ("olga", "operator", "web", "")
    assert (entry.action, entry.target, entry.label) == ("account.changed", f"accounts.user:{peter.pk}", "peter")
    assert (entry.before, entry.after) == ({"active": True}, {"active": False})
    assert entry.correlation == "request-1"


def test_the_role_is_the_one_at_the_time(olga: User) -> None:
    record(Actor(user=olga, via="web"), "campaign.created", None)
    olga.groups.clear()
    assert only().role == "operator"


def test_a_token_is_named(olga: User) -> None:
    record(Actor(user=olga, via="api", token=ApiToken(user=olga, name="night shift script")), "campaign.created", None)
    assert (only().who, only().via, only().token) == ("olga", "api", "night shift script")


def test_a_part_of_xoptweb_is_named_and_has_no_role() -> None:
    record(system("watchdog"), "restore.started", None, label="Q1")
    assert (only().who, only().role, only().via, only().label) == ("watchdog", "", "system", "Q1")


def test_what_happens_because_of_a_request_carries_its_id(olga: User) -> None:
    with correlation.following("work-7"):
        record(system("analysis"), "campaign.finished", None)
        record(Actor(user=olga, via="web", correlation="request-1"), "campaign.stopped", None)
        record(system("analysis"), "campaign.finished", None, correlation="given")
    assert list(Entry.objects.order_by("pk").values_list("correlation", flat=True)) == ["work-7", "request-1", "given"]


def test_numbers_that_json_does_not_have_are_stored_as_nothing() -> None:
    record(system("x"), "channel.changed", None, before={"low": math.nan}, after={"low": [math.inf, 1e-300]})
    assert (only().before, only().after) == ({"low": None}, {"low": [None, 1e-300]})


def test_an_entry_of_a_change_that_failed_is_not_there(olga: User) -> None:
    with rolled_back():
        record(system("x"), "channel.changed", None)
    assert not Entry.objects.exists()


@pytest.mark.parametrize(
    "change",
    [
        lambda entry: entry.save(),
        lambda entry: entry.delete(),
        lambda entry: Entry.objects.update(who="nobody"),
        lambda entry: Entry.objects.all().delete(),
    ],
)
def test_no_code_of_ours_changes_an_entry(change: Any) -> None:
    record(system("x"), "channel.changed", None)
    with pytest.raises(TypeError):
        change(only())
    assert only().who == "x"


@pytest.mark.parametrize("statement", ["UPDATE audit_entry SET who = 'nobody'", "DELETE FROM audit_entry"])
def test_the_database_itself_refuses_to_change_an_entry(protected: None, statement: str) -> None:
    record(system("x"), "channel.changed", None)
    with pytest.raises(DatabaseError, match="never"), connection.cursor() as cursor:
        cursor.execute(statement)
    assert only().who == "x"


@pytest.mark.skipif("connection.vendor != 'postgresql'", reason="SQLite has no TRUNCATE")
def test_the_database_refuses_to_empty_the_table_at_once(protected: None) -> None:
    record(system("x"), "channel.changed", None)
    with pytest.raises(DatabaseError, match="never"), connection.cursor() as cursor:
        cursor.execute("TRUNCATE audit_entry")
    assert only().who == "x"


def test_every_migration_that_changes_the_table_puts_the_triggers_back() -> None:
    """SQLite rebuilds the table and forgets them, so the newest migration of the app has to be one that installs."""
    from django.db.migrations.loader import MigrationLoader

    loader = MigrationLoader(None)
    app, name = loader.graph.leaf_nodes("audit")[0]
    last = loader.graph.nodes[app, name].operations[-1]
    assert last.code.__name__ == "install"


def test_csv_holds_every_column_oldest_first() -> None:
    for n in range(3):
        record(system("x"), f"step.{n}", None, before={"n": n}, label="a, “b”\nc")
    rows = list(csv.reader("".join(export_csv(Entry.objects.all())).splitlines(keepends=True)))
    assert tuple(rows[0]) == COLUMNS
    found = [dict(zip(COLUMNS, row, strict=True)) for row in rows[1:]]
    assert [row["action"] for row in found] == ["step.0", "step.1", "step.2"]
    assert found[2]["before"] == '{"n": 2}'
    assert found[2]["label"] == "a, “b”\nc"


@pytest.mark.parametrize("label", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1"])
def test_no_cell_of_csv_is_a_formula(label: str) -> None:
    record(system("x"), "note", None, label=label)
    cells = next(csv.reader(list(export_csv(Entry.objects.all()))[1:]))
    assert cells[COLUMNS.index("label")] == f"'{label}"


def test_json_lines_hold_one_entry_each() -> None:
    record(system("x"), "step", None, after={"a": [1, 2.5]})
    line = json.loads("".join(export_json_lines(Entry.objects.all())))
    assert set(line) == set(COLUMNS)
    assert line["after"] == {"a": [1, 2.5]}


def test_a_large_log_is_exported_in_batches(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    Entry.objects.bulk_create(Entry(who="x", via="system", action=f"step.{n}") for n in range(2 * BATCH + 10))
    with django_assert_num_queries(4):
        assert sum(1 for _ in export_json_lines(Entry.objects.all())) == 2 * BATCH + 10


def test_reading_roles_takes_one_query(django_assert_num_queries: DjangoAssertNumQueries) -> None:
    by = Actor(user=person("olga", "operator"), via="web")
    with django_assert_num_queries(2):
        record(by, "note", None)
