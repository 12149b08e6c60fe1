"""Short work that is queued in great numbers: a worker goes on with the next, claimed as one ends."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.work.world import followed
from xoptweb.work import process, running, sender
from xoptweb.work.models import Work
from xoptweb.work.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

State = Work.State


@pytest.fixture(autouse=True)
def no_message_comes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "send", lambda work_id, queue: None)
    monkeypatch.setattr(running, "FOLLOW_S", 60.0)  # however slow this machine is just now


def due(line: str, **more: str) -> Work:
    return enqueue("tests.follow", {"line": line, **more})


def states() -> list[str]:
    return list(Work.objects.order_by("pk").values_list("state", flat=True))


def test_what_is_due_longest_follows_without_a_message() -> None:
    first, late, early = due("first"), due("late"), due("early")
    Work.objects.filter(pk=early.pk).update(due_at=timezone.now() - timedelta(seconds=9))
    running.run(first.pk)
    assert followed == ["first", "early", "late"]
    assert states() == [State.DONE] * 3
    assert list(Work.objects.values_list("attempts", flat=True)) == [1, 1, 1]
    running.run(late.pk)  # its message comes all the same
    assert len(followed) == 3


def test_other_work_waits_for_its_own_message() -> None:
    first = due("first")
    enqueue("tests.follow", {"line": "another queue"}, queue="other")
    enqueue("tests.follow", {"line": "not due yet"}, due_at=timezone.now() + timedelta(minutes=1))
    enqueue("tests.append", {"path": "/dev/null"})
    running.run(first.pk)
    assert states() == [State.DONE, State.DUE, State.DUE, State.DUE]


def test_a_worker_that_has_followed_for_a_while_lets_others_have_their_turn(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "FOLLOW_S", 0.0)
    first, _ = due("first"), due("second")
    running.run(first.pk)
    assert states() == [State.DONE, State.DUE]


def test_an_end_that_is_rolled_back_is_no_end_and_nothing_was_claimed_with_it() -> None:
    first = due("first", error_before="the disk is full")
    due("second")
    running.run(first.pk)
    assert states() == [State.DUE, State.DUE]
    first.refresh_from_db()
    assert "the disk is full" in first.error
    assert list(Work.objects.order_by("pk").values_list("attempts", flat=True)) == [1, 0]


def test_an_error_after_the_end_changes_nothing_of_it() -> None:
    first = due("first", error_after="a late bug")
    due("second")
    running.run(first.pk)
    assert states() == [State.DONE, State.DONE]


def test_what_follows_is_this_process_own_from_the_commit_on(monkeypatch: pytest.MonkeyPatch) -> None:
    first, second = due("first"), due("second")
    monkeypatch.setattr(running, "_attempt", seen := Attempts(running._attempt))
    running.run(first.pk)
    assert seen.claimed == [(first.pk, process.identity()), (second.pk, process.identity())]


class Attempts:
    """Lets each be attempted, and notes whose it is in the database at that time."""

    def __init__(self, attempt: object) -> None:
        self._attempt = attempt
        self.claimed: list[tuple[int, str]] = []

    def __call__(self, work: Work) -> str:
        row = Work.objects.get(pk=work.pk, state=State.CLAIMED)
        self.claimed.append((row.pk, row.claimed_by))
        return str(self._attempt(work))  # type: ignore[operator]
