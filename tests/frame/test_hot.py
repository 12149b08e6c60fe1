"""Rows written without the query builder are the rows that it would have written."""

import pytest
from django.db import DatabaseError, IntegrityError
from django.forms.models import model_to_dict
from django.utils import timezone

from xoptweb import hot
from xoptweb.live.models import Event
from xoptweb.transactions import transaction

PAYLOAD = {"n": 1, "text": "π '%s' \"?\"", "none": None, "number": 0.1 + 0.2}


def event(number: int) -> Event:
    return Event(stream="campaign:1", number=number, kind="evaluation", payload=PAYLOAD, at=timezone.now())


def stored(row: Event) -> dict[str, object]:
    return model_to_dict(Event.objects.get(pk=row.pk))


@pytest.mark.django_db
def test_inserted_rows_read_back_as_saved_ones_do() -> None:
    rows = [event(1), event(2), event(3)]
    with transaction("the test inserts"):
        hot.insert(rows)
    assert [stored(row) for row in rows] == [model_to_dict(row) for row in rows]
    saved = event(4)
    saved.save()
    assert stored(saved)["payload"] == stored(rows[0])["payload"] == PAYLOAD
    rows[0].kind = "note"
    rows[0].save()  # it counts as a row that is there
    assert Event.objects.count() == 4


@pytest.mark.django_db
def test_a_rolled_back_row_can_be_inserted_again() -> None:
    row = event(1)
    with pytest.raises(IntegrityError), transaction("the test fails after inserting"):
        hot.insert([row, row])
    with transaction("the test tries again"):
        hot.insert([row])
    assert stored(row)["number"] == 1


@pytest.mark.django_db
def test_a_row_that_a_constraint_forbids_is_left_out_and_the_transaction_goes_on() -> None:
    row = event(1)
    with transaction("the test inserts the same twice"):
        assert hot.insert_unless_there(row)
        assert not hot.insert_unless_there(event(1))
        assert hot.insert_unless_there(event(2))
    assert stored(row) == model_to_dict(row)
    assert Event.objects.count() == 2


@pytest.mark.django_db
def test_only_the_named_fields_are_updated() -> None:
    row = event(1)
    with transaction("the test changes a row"):
        hot.insert([row])
        row.payload, row.kind = {"n": 2}, "note"
        hot.update(row, "payload")
    assert stored(row)["payload"] == {"n": 2}
    assert stored(row)["kind"] == "evaluation"


@pytest.mark.django_db
def test_a_row_is_changed_only_where_it_still_is_as_the_conditions_say() -> None:
    row = event(1)
    with transaction("the test changes a row"):
        hot.insert([row])
        row.payload = {"n": 2}
        assert hot.update_where(row, {"kind": "evaluation", "number": 1}, "payload")
        row.payload = {"n": 3}
        assert not hot.update_where(row, {"kind": "note"}, "payload")
    assert stored(row)["payload"] == {"n": 2}


@pytest.mark.django_db
def test_a_row_that_is_gone_is_an_error() -> None:
    row = event(1)
    row.pk = 12345
    with pytest.raises(DatabaseError, match="not there"), transaction("the test updates nothing"):
        hot.update(row, "kind")


@pytest.mark.django_db
def test_constraints_hold() -> None:
    with pytest.raises(IntegrityError), transaction("the test inserts twice"):
        hot.insert([event(1), event(1)])


def test_an_unknown_field_is_named() -> None:
    with pytest.raises(ValueError, match="kindd"):
        hot.update(event(1), "kindd")
