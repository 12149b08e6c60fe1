"""What every change of the world goes through."""

import logging

import pytest
from django.db import connection

from tests.rollback import rolled_back
from xoptweb import transactions
from xoptweb.accounts.models import User
from xoptweb.errors import Conflict
from xoptweb.states import move
from xoptweb.transactions import before_commit, collect, in_transaction, transaction
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_transaction_says_why() -> None:
    with pytest.raises(ValueError, match="why"), transaction(""):
        pass


def test_a_nested_one_joins_the_outer() -> None:
    with rolled_back(), transaction("inner"):
        User.objects.create(username="oskar")
    assert not User.objects.exists()


def test_a_nested_one_that_fails_undoes_only_itself() -> None:
    with transaction("outer"):
        User.objects.create(username="oskar")
        with rolled_back():
            User.objects.create(username="olivia")
    assert list(User.objects.values_list("username", flat=True)) == ["oskar"]


def test_calls_before_the_commit_run_once_at_the_end_inside() -> None:
    calls: list[bool] = []
    with transaction("some"):
        for _ in range(3):
            before_commit("key", lambda: calls.append(connection.in_atomic_block))
        with transaction("nested"):
            before_commit("key", lambda: calls.append(False))
        assert calls == []
    assert calls == [True]
    assert not in_transaction()


def test_a_call_may_ask_for_another() -> None:
    calls: list[str] = []

    def first() -> None:
        calls.append("first")
        before_commit("second", lambda: calls.append("second"))

    with transaction("some"):
        before_commit("first", first)
    assert calls == ["first", "second"]


def test_what_is_collected_arrives_as_one_list_without_what_was_rolled_back() -> None:
    got: list[list[int]] = []
    with transaction("some"):
        collect("numbers", 1, got.append)
        with rolled_back():
            collect("numbers", 2, got.append)
            collect("others", 9, got.append)
        with transaction("nested"):
            collect("numbers", 3, got.append)
    assert got == [[1, 3]]


def test_nothing_is_called_when_the_transaction_fails() -> None:
    got: list[list[int]] = []
    with rolled_back():
        collect("numbers", 1, got.append)
    assert got == []
    assert not in_transaction()


def test_a_call_that_fails_undoes_everything() -> None:
    def fail() -> None:
        raise RuntimeError("no number")

    def change() -> None:
        with transaction("some"):
            before_commit("key", fail)
            User.objects.create(username="oskar")

    with pytest.raises(RuntimeError):
        change()
    assert not User.objects.exists()


def test_collecting_needs_a_transaction() -> None:
    with pytest.raises(RuntimeError):
        collect("numbers", 1, print)


def test_a_long_transaction_is_named_in_the_log(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transactions, "LONG_S", -1.0)
    with caplog.at_level(logging.WARNING), transaction("import of everything"):
        pass
    assert "import of everything" in caplog.text


def test_a_state_moves_only_from_where_we_think_it_is() -> None:
    work = Work.objects.create(name="x")
    other = Work.objects.get(pk=work.pk)
    move(work, Work.State.CLAIMED, expected={Work.State.DUE}, claimed_by="me")
    assert Work.objects.get(pk=work.pk).claimed_by == work.claimed_by == "me"
    with pytest.raises(Conflict) as problem:
        move(other, Work.State.CLAIMED, expected={Work.State.DUE}, claimed_by="you")
    assert problem.value.code == "wrong_state"
    assert Work.objects.get(pk=work.pk).claimed_by == "me"
