"""A claim holds against everybody else until it is lost, and then for nobody."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError, connections
from django.utils import timezone

from tests.brokers import Broker
from tests.work import world
from xoptweb import correlation
from xoptweb.config import config
from xoptweb.work import claims, process, registry, running, sender, sweeping
from xoptweb.work.models import Work
from xoptweb.work.services import enqueue

pytestmark = pytest.mark.django_db(transaction=True)

State = Work.State


@pytest.fixture
def sent(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """What was put on a queue, by id; nothing waits there."""
    sent: list[int] = []
    monkeypatch.setattr(sender, "send", lambda work_id, queue: None)
    monkeypatch.setattr(sender, "deliver", lambda wakes: sent.extend(work_id for work_id, _ in wakes))
    monkeypatch.setattr(sweeping, "waiting", lambda queue: 0)
    return sent


@pytest.fixture
def noted() -> Iterator[list[str]]:
    """A function that notes the correlation id under which it runs."""
    seen: list[str] = []

    @registry.task("tests.note")
    def note() -> None:
        seen.append(correlation.current())

    yield seen
    del registry._tasks["tests.note"]


def due(name: str = "tests.append", **more: Any) -> Work:
    return enqueue(name, {"path": "/dev/null"} if name == "tests.append" else {}, **more)


def stored(work: Work) -> Work:
    return Work.objects.get(pk=work.pk)


def test_of_many_who_claim_one_gets_it(sent: list[int]) -> None:
    work = due()

    def claim(_: int) -> bool:
        try:
            return claims.claim(work.pk) is not None
        finally:
            connections.close_all()

    with ThreadPoolExecutor(8) as pool:
        assert sum(pool.map(claim, range(16))) == 1
    assert stored(work).attempts == 1


def test_a_claim_names_this_process_and_ends(sent: list[int]) -> None:
    claimed = claims.claim(due().pk)
    assert claimed is not None
    assert claimed.claimed_by == process.identity()
    assert claimed.claimed_until is not None
    left = claimed.claimed_until - timezone.now()
    assert timedelta(seconds=config().work_claim_s - 5) < left <= timedelta(seconds=config().work_claim_s)


def test_work_that_is_due_later_cannot_be_claimed(sent: list[int]) -> None:
    assert claims.claim(due(due_at=timezone.now() + timedelta(minutes=1)).pk) is None


def test_running_marks_it_done_once(sent: list[int]) -> None:
    work = due()
    running.run(work.pk)
    running.run(work.pk)
    assert (stored(work).state, stored(work).attempts) == (State.DONE, 1)
    assert stored(work).finished_at is not None


def test_a_failure_is_recorded_and_tried_again_later_and_later(sent: list[int]) -> None:
    work = due("tests.fail", attempts_max=3)
    pauses = []
    for _ in range(2):
        running.run(work.pk)
        again = stored(work)
        assert (again.state, again.enqueued_at) == (State.DUE, None)
        assert "RuntimeError: no luck" in again.error
        pauses.append(round((again.due_at - timezone.now()).total_seconds()))
        Work.objects.update(due_at=timezone.now())
    assert pauses == [1, 2]
    assert world.given_up == []
    running.run(work.pk)
    assert stored(work).state == State.FAILED
    assert len(world.attempts) == 3
    assert len(world.given_up) == 1
    assert "no luck" in world.given_up[0][1]


def test_work_is_given_up_also_when_its_app_fails_to_take_note(
    sent: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    def unable(arguments: object, error: str) -> None:
        raise RuntimeError("the campaign is gone")

    monkeypatch.setattr(registry, "failed", lambda name: unable)
    work = due("tests.fail", attempts_max=1)
    running.run(work.pk)
    assert stored(work).state == State.FAILED


def test_work_that_no_version_knows_any_more_fails_visibly(sent: list[int]) -> None:
    work = due(attempts_max=1)
    Work.objects.update(name="gone.away")
    running.run(work.pk)
    assert stored(work).state == State.FAILED
    assert "gone.away" in stored(work).error


def test_the_work_runs_under_its_correlation_id(sent: list[int], noted: list[str]) -> None:
    running.run(due("tests.note", correlation="request-9").pk)
    assert noted == ["request-9"]


def test_a_claim_that_was_taken_away_marks_nothing(sent: list[int]) -> None:
    claimed = claims.claim(due().pk)
    assert claimed is not None
    Work.objects.update(claimed_until=timezone.now() - timedelta(seconds=1))
    sweeping.free_dead_claims()
    again = claims.claim(claimed.pk)
    assert again is not None
    assert not claims.renew(claimed)
    assert not claims.finish(claimed)
    assert not claims.give_back(claimed, "late")
    assert stored(claimed).state == State.CLAIMED
    assert claims.finish(again)


def test_a_database_that_is_away_at_the_end_is_waited_for(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    work = due()
    failures = iter([OperationalError("database is locked"), OperationalError("server closed the connection")])
    finish = claims.finish

    def sometimes(claimed: Work) -> bool:
        for failure in failures:
            raise failure
        return finish(claimed)

    monkeypatch.setattr(claims, "finish", sometimes)
    monkeypatch.setattr(running, "RECORD_AGAIN_S", 0.01)
    running.run(work.pk)
    assert stored(work).state == State.DONE


def test_a_claim_is_renewed_while_the_work_runs(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    short = config().model_copy(update={"work_claim_s": 0.6})
    monkeypatch.setattr(running, "config", lambda: short)
    monkeypatch.setattr(claims, "config", lambda: short)
    work = enqueue("tests.append", {"path": "/dev/null", "seconds": 1.5})
    ends: list[Any] = []
    renew = claims.renew

    def noting(claimed: Work) -> bool:
        ends.append(stored(claimed).claimed_until)
        return renew(claimed)

    monkeypatch.setattr(claims, "renew", noting)
    running.run(work.pk)
    assert len(ends) >= 4
    assert ends == sorted(set(ends))
    assert stored(work).state == State.DONE


@pytest.mark.parametrize(
    ("changes", "freed"),
    [
        ({"claimed_by": f"{process.identity().rsplit(':', 2)[0]}:1:1"}, True),  # a pid that another process has now
        ({"claimed_by": "elsewhere:1:1"}, False),
        ({"claimed_by": "elsewhere:1:1", "claimed_until": timezone.now() - timedelta(seconds=1)}, True),
        ({}, False),
    ],
)
def test_claims_of_the_dead_are_freed_and_those_of_the_living_kept(
    sent: list[int], changes: dict[str, Any], freed: bool
) -> None:
    claimed = claims.claim(due().pk)
    assert claimed is not None
    Work.objects.update(**changes)
    assert sweeping.free_dead_claims() == freed
    assert stored(claimed).state == (State.DUE if freed else State.CLAIMED)


def test_freed_work_is_sent_at_once(sent: list[int]) -> None:
    claimed = claims.claim(due().pk)
    assert claimed is not None
    Work.objects.update(claimed_by=f"{process.identity().rsplit(':', 2)[0]}:1:1")
    sweeping.sweep()
    assert sent == [claimed.pk]


def test_the_sweep_sends_what_was_never_sent_or_not_claimed_for_long(sent: list[int]) -> None:
    long_ago = timezone.now() - timedelta(seconds=config().work_requeue_s + 1)
    never, stale, fresh, later = (due() for _ in range(4))
    Work.objects.filter(pk=never.pk).update(enqueued_at=None)
    Work.objects.filter(pk=stale.pk).update(enqueued_at=long_ago)
    Work.objects.filter(pk=later.pk).update(enqueued_at=None, due_at=timezone.now() + timedelta(minutes=1))
    assert sweeping.send_unclaimed() == 2
    assert sorted(sent) == [never.pk, stale.pk]
    assert stored(fresh).enqueued_at == fresh.enqueued_at
    assert sweeping.send_unclaimed() == 0


def test_a_queue_that_holds_its_messages_gets_no_more(sent: list[int], monkeypatch: pytest.MonkeyPatch) -> None:
    for _ in range(3):
        due()
    Work.objects.update(enqueued_at=timezone.now() - timedelta(seconds=config().work_requeue_s + 1))
    monkeypatch.setattr(sweeping, "waiting", lambda queue: 3)
    assert sweeping.send_unclaimed() == 0
    monkeypatch.setattr(sweeping, "waiting", lambda queue: 2)
    assert sweeping.send_unclaimed() == 1


def test_the_sweep_survives_a_broker_that_is_away(broker: Broker) -> None:
    work = due()
    Work.objects.update(enqueued_at=None)
    broker.kill()
    assert sweeping.send_unclaimed() == 0
    assert stored(work).enqueued_at is None
    broker.start()
    assert sweeping.send_unclaimed() == 1
