"""Events are not kept for ever, and nothing that somebody still needs is forgotten."""

from datetime import timedelta

import pytest
from django.utils import timezone

from tests.frame.documents import text
from xoptweb.config import config
from xoptweb.live import access, forgetting
from xoptweb.live.models import Event, Stream
from xoptweb.live.services import events_after, last_number, publish
from xoptweb.transactions import transaction

pytestmark = pytest.mark.django_db(transaction=True)

OLD = 30


@pytest.fixture(autouse=True)
def few_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(forgetting, "KEPT", 10)
    monkeypatch.setattr(forgetting, "AT_ONCE", 7)


def published(stream: str, count: int, *, days_ago: float) -> None:
    with transaction("events of a test"):
        for number in range(count):
            publish(stream, "note", {"number": number})
    Event.objects.filter(stream=stream).update(at=timezone.now() - timedelta(days=days_ago))


def numbers(stream: str) -> list[int]:
    return [event.number for event in events_after(stream, 0)]


def test_old_events_go_and_the_newest_of_a_stream_stay_however_old() -> None:
    published("campaign:1", OLD, days_ago=config().event_days + 1)
    assert forgetting.forget_old() == OLD - 10
    assert numbers("campaign:1") == list(range(OLD - 9, OLD + 1))


def test_events_of_these_days_stay() -> None:
    published("approvals", OLD, days_ago=config().event_days - 1)
    assert forgetting.forget_old() == 0
    assert len(numbers("approvals")) == OLD


def test_numbers_go_on_where_they_were() -> None:
    published("project:3", OLD, days_ago=config().event_days + 1)
    forgetting.forget_old()
    publish("project:3", "log", {})
    assert last_number("project:3") == OLD + 1
    assert numbers("project:3")[-1] == OLD + 1


def test_a_trace_stays_as_long_as_its_run() -> None:
    published("run:5", OLD, days_ago=1000)
    published("runs", OLD, days_ago=1000)
    forgetting.forget_old()
    assert len(numbers("run:5")) == OLD
    assert len(numbers("runs")) == 10


def test_no_transaction_deletes_more_than_a_few() -> None:
    published("machine:one", OLD, days_ago=1000)
    assert forgetting.forget("machine:one") == OLD
    assert Stream.objects.filter(name="machine:one").exists()
    assert forgetting.AT_ONCE <= 200


def test_every_stream_has_its_retention_in_the_document() -> None:
    table = text("architecture.md").partition("| streams |")[2].partition("\n\n")[0]
    streams = set(access._rules) - {"values"}  # a topic: only its newest entries are anywhere
    assert streams
    assert not [name for name in streams if f"`{name}:`" not in table and f"`{name}`" not in table]
