"""What the beat process does without being asked."""

import time
from datetime import timedelta
from functools import partial
from typing import Any

import pytest
from django.contrib.sessions.models import Session
from django.db import OperationalError
from django.utils import timezone

from xoptweb.accounts.sessions import forget_expired
from xoptweb.celery import app
from xoptweb.work import beat, registry, sweeping
from xoptweb.work.forgetting import KEPT, forget_done
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db(transaction=True)


def test_beat_sweeps_every_second_and_survives_a_database_that_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    sweeps: list[float] = []

    def sweep() -> None:
        sweeps.append(time.monotonic())
        if len(sweeps) == 1:
            raise OperationalError("database is locked")

    monkeypatch.setattr(sweeping, "sweep", sweep)
    sweeper = beat.Sweeper(app=app, lazy=True)
    pauses = [sweeper.tick(), sweeper.tick()]
    assert len(sweeps) == 2
    assert all(0.5 < pause <= beat.SWEEP_EVERY_S for pause in pauses)


def test_the_application_uses_this_beat_and_this_consumer() -> None:
    from celery.utils.imports import symbol_by_name

    from xoptweb.work.consumer import Consumer

    assert symbol_by_name(app.conf.beat_scheduler) is beat.Sweeper
    assert symbol_by_name(app.conf.worker_consumer) is Consumer


def test_the_broker_is_never_relied_on_for_redelivery() -> None:
    assert not app.conf.task_acks_late
    assert app.conf.worker_prefetch_multiplier == 1
    assert app.conf.broker_transport_options["ack_emulation"] is False


def test_a_periodic_function_that_fails_is_called_again_and_the_others_too(monkeypatch: pytest.MonkeyPatch) -> None:
    calls: list[str] = []

    def failing() -> None:
        calls.append("failing")
        raise RuntimeError("on purpose")

    entries = [
        registry.Periodic("failing", failing, 0.01),
        registry.Periodic("often", partial(calls.append, "often"), 0.01),
        registry.Periodic("rarely", partial(calls.append, "rarely"), 60),
    ]
    monkeypatch.setattr(registry, "every", lambda: entries)
    next_at: dict[str, float] = {}
    for _ in range(3):
        beat.call_due(next_at)
        time.sleep(0.02)
    assert calls.count("failing") == 3
    assert calls.count("often") == 3
    assert calls.count("rarely") == 1


def finished(days: float, **more: Any) -> Work:
    values = {"name": "tests.append", "state": Work.State.DONE} | more
    return Work.objects.create(finished_at=timezone.now() - timedelta(days=days), **values)


def test_work_that_was_done_long_ago_is_forgotten_and_failed_work_kept() -> None:
    long_ago = KEPT.days + 1
    finished(long_ago)
    kept = [finished(1), finished(long_ago, state=Work.State.FAILED), finished(long_ago, state=Work.State.DUE)]
    assert forget_done() == 1
    assert list(Work.objects.order_by("pk")) == kept


def test_sessions_that_ended_are_forgotten() -> None:
    now = timezone.now()
    Session.objects.create(session_key="old", expire_date=now - timedelta(seconds=1))
    Session.objects.create(session_key="new", expire_date=now + timedelta(days=1))
    assert forget_expired() == 1
    assert Session.objects.get().session_key == "new"


def test_two_functions_of_one_name_are_a_mistake_of_ours() -> None:
    @registry.task("tests.twice")
    def first() -> None: ...

    try:
        with pytest.raises(ValueError, match=r"tests\.twice"):

            @registry.task("tests.twice")
            def second() -> None: ...
    finally:
        del registry._tasks["tests.twice"]
