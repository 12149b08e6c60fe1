"""What a browser follows: nothing is lost, nothing is doubled, nothing is shown to those who may not see it."""

import asyncio
import json
import time
from typing import Any

import pytest
from asgiref.sync import sync_to_async

from tests.brokers import Broker
from tests.live.conftest import HOST, Listen, Listener, say, session_cookie
from xoptweb.accounts import tokens
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.live import client, consumers, hub, notices, services, topics
from xoptweb.live.models import Event
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

pytestmark = pytest.mark.django_db(transaction=True)


def numbers(events: Any) -> Any:
    return [event["n"] for event in events]


async def test_a_client_gets_what_it_missed_then_that_it_has_all_then_what_is_new(listen: Listen) -> None:
    for n in range(5):
        await say("campaign:42", "evaluation", {"n": n})
    listener = await listen("s=campaign:42@2")
    assert numbers(await listener.events(3)) == [3, 4, 5]
    assert await listener.caught_up() == {"type": "caught_up", "stream": "campaign:42", "last": 5}
    await say("campaign:42", "state", {"state": "finished"})
    event = (await listener.events(1))[0]
    assert set(event) == {"n", "kind", "at", "payload"}
    assert (event["n"], event["kind"], event["payload"]) == (6, "state", {"state": "finished"})


@pytest.fixture
def seldom_compared(monkeypatch: pytest.MonkeyPatch) -> None:
    """What arrives was pushed: the comparison with the database would come too late."""
    monkeypatch.setattr(hub, "COMPARE_EVERY_S", 60.0)


async def test_an_event_is_pushed_at_once(listen: Listen, seldom_compared: None) -> None:
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    await asyncio.sleep(0.2)
    for _ in range(3):
        await say("campaign:42", "evaluation", {})
        await listener.events(1)
        await asyncio.sleep(0.1)


async def test_several_streams_share_one_connection(listen: Listen) -> None:
    await say("campaign:1", "state", {})
    listener = await listen("s=campaign:1@0&s=approvals@0")
    assert (await listener.message())["stream"] == "campaign:1"
    assert (await listener.caught_up())["stream"] == "campaign:1"
    assert await listener.caught_up() == {"type": "caught_up", "stream": "approvals", "last": 0}
    await say("approvals", "created", {})
    assert (await listener.message())["stream"] == "approvals"


async def test_a_long_history_arrives_whole_and_in_order(listen: Listen) -> None:
    def history() -> Any:
        for _ in range(5):
            with transaction("some history"):
                for n in range(500):
                    publish("campaign:42", "evaluation", {"n": n})

    await sync_to_async(history)()
    listener = await listen("s=campaign:42@0")
    assert numbers(await listener.events(2500)) == list(range(1, 2501))
    await listener.caught_up()


async def test_a_client_that_says_nothing_about_its_number_gets_what_is_new(listen: Listen) -> None:
    await say("campaign:42", "state", {})
    listener = await listen("s=campaign:42")
    assert (await listener.caught_up())["last"] == 1
    await say("campaign:42", "state", {})
    assert numbers(await listener.events(1)) == [2]


async def test_a_client_that_is_ahead_of_a_restored_database_is_told_where_it_ends(listen: Listen) -> None:
    await say("campaign:42", "state", {})
    listener = await listen("s=campaign:42@900")
    assert (await listener.caught_up())["last"] == 1


async def test_all_clients_get_the_same_whatever_they_had(listen: Listen) -> None:
    for n in range(10):
        await say("campaign:42", "evaluation", {"n": n})
    listeners = [await listen(f"s=campaign:42@{n}") for n in range(10)]
    for n in range(5):
        await say("campaign:42", "evaluation", {"n": n})
    for had, listener in enumerate(listeners):
        found: list[int] = []
        while len(found) < 15 - had:
            message = await listener.message()
            found += numbers(message.get("events", []))
        assert found == list(range(had + 1, 16))


async def test_a_burst_is_coalesced_to_twenty_five_pushes_a_second(listen: Listen) -> None:
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    began = time.monotonic()
    pushes = seen = 0

    async def burst() -> Any:
        while time.monotonic() - began < 1.5:
            await say("campaign:42", "evaluation", {})
            await asyncio.sleep(0.002)
        await say("campaign:42", "end", {})

    writer = asyncio.create_task(burst())
    while True:
        events = (await listener.message())["events"]
        pushes, seen = pushes + 1, seen + len(events)
        if events[-1]["kind"] == "end":
            break
    await writer
    took = time.monotonic() - began
    assert seen == events[-1]["n"] > 60
    assert pushes <= 25 * took + 2


@pytest.mark.usefixtures("seldom_compared")
async def test_what_comes_first_after_a_silence_is_pushed_at_once_each(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A question, its turn, and the first words of the answer. The next push but those is due tomorrow."""
    every_s = 1e-6  # so that any time is a long silence
    monkeypatch.setattr(client, "PUSH_EVERY_S", every_s)
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    monkeypatch.setattr("random.uniform", lambda low, high: 86_400 / every_s)
    for n in range(3):
        await say("campaign:42", "evaluation", {"n": n})
        (event,) = await listener.events(1)
        assert event["payload"] == {"n": n}


async def test_a_lost_notice_is_found_by_comparing_with_the_database(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    with monkeypatch.context() as silence:
        silence.setattr(notices, "tell", lambda *_: None)
        await say("campaign:42", "evaluation", {})
    assert numbers(await listener.events(1)) == [1]


async def test_a_gap_is_filled_from_the_database_at_once(
    listen: Listen, monkeypatch: pytest.MonkeyPatch, seldom_compared: None
) -> None:
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    with monkeypatch.context() as silence:
        silence.setattr(notices, "tell", lambda *_: None)
        await say("campaign:42", "evaluation", {})
    await say("campaign:42", "evaluation", {})
    assert numbers(await listener.events(2)) == [1, 2]


async def test_events_too_large_for_a_notice_are_read_from_the_database(listen: Listen) -> None:
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    await say("campaign:42", "note", {"text": "x" * 100_000})
    assert len((await listener.events(1, 1))[0]["payload"]["text"]) == 100_000


async def test_without_a_broker_events_come_by_comparison_and_quickly_again_when_it_is_back(
    listen: Listen, broker: Broker, monkeypatch: pytest.MonkeyPatch
) -> None:
    listener = await listen("s=campaign:42@0")
    await listener.caught_up()
    await sync_to_async(broker.kill)()
    await say("campaign:42", "evaluation", {})
    assert numbers(await listener.events(1)) == [1]
    late = await listen("s=campaign:42@0")
    assert numbers(await late.events(1)) == [1]
    await late.caught_up()
    await sync_to_async(broker.start)()
    await asyncio.sleep(hub.COMPARE_EVERY_S + 3)
    rest_s = hub.COMPARE_EVERY_S + 0.5
    monkeypatch.setattr(hub, "COMPARE_EVERY_S", 60.0)
    await asyncio.sleep(rest_s)  # the comparison that was due is over: what arrives now was pushed
    await say("campaign:42", "evaluation", {})
    assert numbers(await listener.events(1)) == [2]


async def test_what_a_person_may_not_follow_is_denied_and_the_rest_goes_on(listen: Listen) -> None:
    listener = await listen("s=campaign:1@0&s=payroll:3@0&t=secrets&s=nonsense:@0")
    said = [await listener.message() for _ in range(4)]
    assert {"type": "denied", "topic": "secrets"} in said
    assert {"type": "denied", "stream": "payroll:3"} in said
    assert {"type": "denied", "stream": "nonsense:"} in said
    assert {"type": "caught_up", "stream": "campaign:1", "last": 0} in said


async def test_somebody_without_the_permission_is_denied(listen: Listen, olga: User) -> None:
    await sync_to_async(olga.groups.clear)()
    await say("campaign:1", "state", {})
    listener = await listen("s=campaign:1@0")
    assert await listener.message() == {"type": "denied", "stream": "campaign:1"}
    await say("campaign:1", "state", {})
    assert await listener.hears_nothing(2.5)


async def test_nobody_hears_nothing(listen: Listen) -> None:
    listener = await listen("s=campaign:1@0", cookie=None)
    assert await listener.closed() == consumers.NOT_LOGGED_IN


async def test_a_forged_session_hears_nothing(listen: Listen) -> None:
    listener = await listen("s=campaign:1@0", cookie=b"xoptweb_session=forged")
    assert await listener.closed() == consumers.NOT_LOGGED_IN


async def test_an_account_that_is_switched_off_hears_nothing(listen: Listen, peter: User) -> None:
    cookie = await sync_to_async(session_cookie)(peter)
    peter.is_active = False
    await sync_to_async(peter.save)()
    listener = await listen("s=campaign:1@0", cookie=cookie)
    assert await listener.closed() == consumers.NOT_LOGGED_IN


@pytest.mark.parametrize("said", [{"text_data": '{"type":"stop"}'}, {"text_data": "hello"}, {"bytes_data": b"\x00"}])
async def test_who_talks_is_sent_away(listen: Listen, said: Any) -> None:
    listener = await listen("s=campaign:1@0")
    await listener.caught_up()
    await listener.socket.send_to(**said)
    assert await listener.closed() == consumers.TALKED


@pytest.mark.parametrize(
    "headers",
    [
        [(b"origin", b"http://evil.example"), HOST],
        [(b"origin", b"http://localhost:8001"), HOST],
        [(b"origin", b"https://localhost:8000"), HOST],
        [(b"origin", b"null"), HOST],
        [HOST],
        [(b"origin", b"http://evil.example"), (b"host", b"evil.example")],
    ],
)
async def test_a_page_that_is_not_ours_is_refused(transactional_db: None, olga: User, headers: Any) -> None:
    cookie = await sync_to_async(session_cookie)(olga)
    listener = Listener("s=campaign:1@0", [*headers, (b"cookie", cookie)])
    assert not await listener.open()


@pytest.mark.parametrize("query", ["s=campaign:1@x", "s=campaign:1@-3", "&".join(["s=campaign:1@0"] * 60)])
async def test_a_query_that_is_none_is_refused(listen: Listen, query: str) -> None:
    listener = await listen(query)
    assert await listener.closed() == consumers.BAD_QUERY


async def test_a_program_follows_with_a_token_that_may_read(listen: Listen, olga: User) -> None:
    _, secret = await sync_to_async(tokens.issue)(olga, "script", ["read"], 1, by=system("test"))
    listener = await listen("s=campaign:1@0", cookie=None, more=[HOST, (b"authorization", f"Bearer {secret}".encode())])
    assert (await listener.caught_up())["last"] == 0


async def test_a_token_without_that_scope_is_denied_and_a_wrong_one_sent_away(listen: Listen, olga: User) -> None:
    token, secret = await sync_to_async(tokens.issue)(olga, "script", ["stop"], 1, by=system("test"))
    header = (b"authorization", f"Bearer {secret}".encode())
    listener = await listen("s=campaign:1@0", cookie=None, more=[HOST, header])
    assert (await listener.message())["type"] == "denied"
    await sync_to_async(tokens.revoke)(token, Actor(olga, "web"))
    listener = await listen("s=campaign:1@0", cookie=None, more=[HOST, header])
    assert await listener.closed() == consumers.NOT_LOGGED_IN


async def test_who_logs_out_is_sent_away(listen: Listen, olga: User, monkeypatch: pytest.MonkeyPatch) -> None:
    from django.contrib.sessions.models import Session

    monkeypatch.setattr(consumers, "CHECK_AGAIN_S", 0.3)
    listener = await listen("s=campaign:1@0")
    await listener.caught_up()
    await asyncio.sleep(0.7)
    await say("campaign:1", "state", {})
    assert numbers(await listener.events(1)) == [1]
    await sync_to_async(Session.objects.all().delete)()
    assert await listener.closed() == consumers.NOT_LOGGED_IN


async def test_who_loses_a_permission_is_made_to_come_back(
    listen: Listen, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(consumers, "CHECK_AGAIN_S", 0.3)
    listener = await listen("s=campaign:1@0")
    await listener.caught_up()
    await sync_to_async(olga.groups.clear)()
    assert await listener.closed() == consumers.BROKEN


async def test_a_topic_brings_its_present_entries_and_then_what_changes(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = {"Q1": {"v": 1.0}, "Q2": {"v": 2.0}}
    monkeypatch.setattr(topics, "_sources", {"values": lambda topic: dict(present)})
    listener = await listen("t=values:demo")
    assert await listener.message() == {"type": "values", "topic": "values:demo", "values": present}
    topics.send("values:demo", {"Q1": {"v": 1.5}})
    assert (await listener.message())["values"] == {"Q1": {"v": 1.5}}


async def test_only_the_newest_value_of_an_entry_is_pushed(listen: Listen) -> None:
    listener = await listen("t=values:demo")

    async def begin() -> None:
        """What is sent before somebody listens is heard by nobody."""
        while True:
            topics.send("values:demo", {"Q1": {"v": 0}})
            await asyncio.sleep(0.1)

    beginning = asyncio.create_task(begin())
    await listener.message()
    beginning.cancel()
    for v in range(1, 50):
        topics.send("values:demo", {"Q1": {"v": v}})
    pushes: list[int] = []
    while not pushes or pushes[-1] != 49:
        pushes.append((await listener.message())["values"]["Q1"]["v"])
    assert len(pushes) < 10


async def test_an_entry_that_a_lost_message_left_old_is_corrected(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = {"Q1": {"v": 1.0}, "Q2": {"v": 2.0}}
    monkeypatch.setattr(topics, "_sources", {"values": lambda topic: dict(present)})
    listener = await listen("t=values:demo")
    await listener.message()
    present["Q2"] = {"v": 2.5}
    assert (await listener.message(hub.COMPARE_EVERY_S + 2))["values"] == {"Q2": {"v": 2.5}}


async def test_a_source_that_fails_costs_nothing_but_itself(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(topic: Any) -> Any:
        raise ConnectionError("no broker")

    monkeypatch.setattr(topics, "_sources", {"values": broken})
    listener = await listen("t=values:demo")
    await asyncio.sleep(0.2)
    topics.send("values:demo", {"Q1": {"v": 1}})
    assert (await listener.message())["values"] == {"Q1": {"v": 1}}


async def test_a_silent_stream_gives_signs_of_life(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client, "ALIVE_EVERY_S", 0.2)
    listener = await listen("s=campaign:1@0")
    await listener.caught_up()
    for _ in range(3):
        assert json.loads(await listener.socket.receive_from(timeout=1)) == {"type": "alive", "every": 0.2}


async def test_one_query_compares_all_streams_of_all_clients(listen: Listen, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[list[str]] = []

    def last_numbers(streams: list[str]) -> dict[str, int]:
        asked.append(sorted(streams))
        return {}

    monkeypatch.setattr(hub, "_last_numbers", last_numbers)
    for number in range(5):
        listener = await listen(f"s=campaign:{number}@0&s=approvals@0")
        await listener.caught_up()
        await listener.caught_up()
    asked.clear()
    await hub.hub()._compare()
    assert asked == [["approvals", *(f"campaign:{number}" for number in range(5))]]


async def test_twenty_five_clients_cost_one_reading_of_the_database_not_twenty_five(
    listen: Listen, monkeypatch: pytest.MonkeyPatch
) -> None:
    listeners = [await listen("s=campaign:1@0") for _ in range(25)]
    for listener in listeners:
        await listener.caught_up()
    reads: list[str] = []

    def counted(stream: str, number: int, limit: int) -> list[Event]:
        reads.append(stream)
        return services.events_after(stream, number, limit)

    monkeypatch.setattr(hub, "events_after", counted)
    await say("campaign:1", "note", {"text": "x" * 100_000})
    for listener in listeners:
        assert numbers(await listener.events(1)) == [1]
    assert len(reads) == 1
