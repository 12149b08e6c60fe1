"""Events get gapless numbers at the end of their transaction."""

import math

import pytest

from tests.rollback import rolled_back
from xoptweb.errors import Invalid
from xoptweb.live.models import Event
from xoptweb.live.services import events_after, last_number, publish
from xoptweb.transactions import transaction

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(stream: str) -> list[int]:
    return [event.number for event in events_after(stream, 0)]


def test_events_of_a_stream_are_numbered_from_one_without_gaps() -> None:
    for n in range(3):
        publish("campaign:1", "evaluation", {"n": n})
    assert numbers("campaign:1") == [1, 2, 3]
    assert last_number("campaign:1") == 3


def test_streams_have_numbers_of_their_own() -> None:
    with transaction("two streams at once"):
        publish("campaign:2", "state", {})
        publish("campaign:1", "state", {})
        publish("campaign:2", "state", {})
    assert (numbers("campaign:1"), numbers("campaign:2")) == ([1], [1, 2])


def test_a_rollback_leaves_no_event_and_no_gap() -> None:
    publish("approvals", "created", {})
    with rolled_back():
        publish("approvals", "created", {})
    publish("approvals", "created", {})
    assert numbers("approvals") == [1, 2]


def test_what_a_rolled_back_nested_transaction_published_is_forgotten_and_the_rest_kept() -> None:
    with transaction("outer"):
        publish("approvals", "kept", {})
        with rolled_back():
            publish("approvals", "lost", {})
        publish("approvals", "also kept", {})
    assert [(e.number, e.kind) for e in events_after("approvals", 0)] == [(1, "kept"), (2, "also kept")]


def test_events_keep_the_order_in_which_they_happened_and_their_payload() -> None:
    with transaction("some"):
        for n in range(5):
            publish("campaign:1", "evaluation", {"n": n, "inputs": {"Q1": 0.1 + n}})
    assert [event.payload["n"] for event in events_after("campaign:1", 0)] == [0, 1, 2, 3, 4]
    assert events_after("campaign:1", 4)[0].payload["inputs"]["Q1"] == 4.1


def test_reading_starts_after_the_number_given_and_ends_at_the_limit() -> None:
    for n in range(5):
        publish("campaign:1", "evaluation", {"n": n})
    assert [event.number for event in events_after("campaign:1", 2, limit=2)] == [3, 4]


def test_numbers_that_json_does_not_have_become_null() -> None:
    publish("campaign:1", "evaluation", {"objective": math.nan, "outputs": {"a": [math.inf, 1.5]}})
    assert events_after("campaign:1", 0)[0].payload == {"objective": None, "outputs": {"a": [None, 1.5]}}


def test_a_payload_with_a_nul_character_is_stored() -> None:
    publish("campaign:1", "note", {"text": "a\x00b"})
    assert events_after("campaign:1", 0)[0].payload == {"text": "a\ufffdb"}


@pytest.mark.parametrize("name", ["", "Campaign:1", "campaign:1:2", "campaign:", "a b", "x" * 90])
def test_a_name_that_is_none_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        publish(name, "state", {})
    assert not Event.objects.exists()


def test_a_payload_without_a_json_form_is_refused() -> None:
    with pytest.raises(TypeError):
        publish("campaign:1", "state", {"what": object()})
