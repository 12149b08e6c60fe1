"""Asking for work: recorded with its reason's transaction, once for each key."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connections
from django.utils import timezone

from tests.rollback import rolled_back
from xoptweb import correlation
from xoptweb.transactions import transaction
from xoptweb.work import sender
from xoptweb.work.models import Work
from xoptweb.work.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

PATH = {"path": "/dev/null"}


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What was handed to the thread that sends."""
    sent: list[tuple[int, str]] = []
    monkeypatch.setattr(sender, "send", lambda work_id, queue: sent.append((work_id, queue)))
    return sent


def test_it_is_sent_after_the_commit_and_not_before(sent: list[tuple[int, str]]) -> None:
    with transaction("some change"):
        work = enqueue("tests.append", PATH, queue="modules")
        assert sent == []
    assert sent == [(work.pk, "modules")]


def test_it_is_not_there_when_the_transaction_failed(sent: list[tuple[int, str]]) -> None:
    with rolled_back():
        enqueue("tests.append", PATH)
    assert sent == []
    assert not Work.objects.exists()


def test_it_needs_no_transaction_around_it(sent: list[tuple[int, str]]) -> None:
    work = enqueue("tests.append", PATH)
    assert sent == [(work.pk, "default")]


def test_work_that_nobody_knows_is_refused_at_once() -> None:
    with pytest.raises(LookupError, match=r"tests\.unheard"):
        enqueue("tests.unheard", {})


def test_what_is_due_later_is_not_sent_yet(sent: list[tuple[int, str]]) -> None:
    work = enqueue("tests.append", PATH, due_at=timezone.now() + timedelta(minutes=1))
    assert sent == []
    assert Work.objects.get(pk=work.pk).enqueued_at is None


def test_an_open_key_gives_the_open_work(sent: list[tuple[int, str]]) -> None:
    first = enqueue("tests.append", PATH, key="campaign:1")
    assert enqueue("tests.append", PATH, key="campaign:1") == first
    Work.objects.update(state=Work.State.CLAIMED)
    assert enqueue("tests.append", PATH, key="campaign:1") == first
    assert sent == [(first.pk, "default")]


@pytest.mark.parametrize("state", [Work.State.DONE, Work.State.FAILED])
def test_a_closed_key_is_free_again(state: Work.State) -> None:
    first = enqueue("tests.append", PATH, key="campaign:1")
    Work.objects.update(state=state)
    assert enqueue("tests.append", PATH, key="campaign:1") != first


def test_of_many_who_ask_at_once_for_one_key_all_get_the_same() -> None:
    def ask(_: int) -> int:
        try:
            return enqueue("tests.append", PATH, key="campaign:1").pk
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        found = set(pool.map(ask, range(24)))
    assert len(found) == 1
    assert Work.objects.count() == 1


def test_it_carries_the_id_of_what_it_is_done_for() -> None:
    assert enqueue("tests.append", PATH, correlation="given").correlation == "given"
    with correlation.following("request-1"):
        assert enqueue("tests.append", PATH).correlation == "request-1"
