"""The way back, as the IOC's own put log tells it."""

import json
from typing import Any

import pytest
from django.db import Error, InterfaceError, OperationalError

from controls import journal
from controls.gate import durable
from controls.gate.codes import Code
from controls.gate.intents import Alongside, Intent
from controls.gate.writer import Writer
from controls.leases.grant import Grant
from controls.models import ChannelLock, Lease, Machine, Restore, Write
from controls.restore import inprocess, record
from controls.restore.inprocess import bring_back
from controls.restore.lines import lines_of
from controls.restore.run import Item, consent, restore_all
from tests.controls.gate.conftest import World
from tests.processes import wait_until


def test_channels_come_back_in_reverse_order_at_max_step(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.move({world.q2.pk: -1.0})
    before = len(world.puts())
    lease, restore = bring_back(grant, by="test", reason="the test says so")
    assert world.puts()[before:] == [("Q2", -6.0), ("Q2", -9.0), ("Q1", 10.0)]
    assert restore is not None
    assert restore.state == Restore.State.DONE
    assert lease.state == Lease.State.RELEASED
    assert not ChannelLock.objects.exists()


def test_a_channel_whose_put_is_unanswered_comes_back_after_the_others(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.move({world.q2.pk: -7.0})
    grant.writer.lines[world.q2.pk].unresolved.append(-6.0)
    before = len(world.puts())
    bring_back(grant, by="test", reason="the test says so")
    assert world.puts()[before:] == [("Q1", 10.0), ("Q2", -9.0)]


def test_a_channel_that_was_never_moved_is_not_put(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    _, restore = bring_back(grant, by="test", reason="the test says so")
    assert [put for put in world.puts() if put[0] == "Q2"] == []
    assert restore is not None
    assert restore.items.get(channel=world.q2).outcome == Item.UNTOUCHED


def test_what_somebody_else_moved_is_left_and_named_and_stays_locked(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0, world.q2.pk: -7.0})
    world.outside.put(world.q1.address, 3.21)
    report = restore_all(grant.writer)
    assert report.items[world.q1.pk].outcome == Item.FOREIGN
    assert report.items[world.q2.pk].outcome == Item.RESTORED
    assert world.setpoint(world.q1) == 3.21
    assert not report.done
    bring_back(grant, by="test", reason="the test says so")
    assert ChannelLock.objects.filter(channel=world.q1).exists()


def test_a_person_can_have_a_foreign_channel_brought_back(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    world.outside.put(world.q1.address, 3.21)
    assert not restore_all(grant.writer).done
    consent(grant.writer, {world.q1.pk: 3.21})
    assert restore_all(grant.writer).done
    assert world.setpoint(world.q1) == 10.0


def test_what_moved_again_after_a_persons_word_is_left_again(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    world.outside.put(world.q1.address, 3.21)
    consent(grant.writer, {world.q1.pk: 3.21})
    world.outside.put(world.q1.address, 4.5)
    assert restore_all(grant.writer).items[world.q1.pk].outcome == Item.FOREIGN
    assert world.setpoint(world.q1) == 4.5


def test_a_channel_that_is_refused_holds_up_no_other(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.move({world.q2.pk: -7.0})
    grant.writer.lines[world.q2.pk].channel.writable = False
    report = restore_all(grant.writer)
    assert report.items[world.q2.pk].outcome == Item.FAILED
    assert "not writable" in report.items[world.q2.pk].detail
    assert report.items[world.q1.pk].outcome == Item.RESTORED
    assert not report.worth_retrying, "a person has to look at it"
    assert (world.setpoint(world.q1), world.setpoint(world.q2)) == (10.0, -7.0)


def test_a_put_that_lands_on_the_way_back_is_our_own(
    world: World, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.lines[world.q1.pk].unresolved.append(14.5)
    intend = grant.writer.record.intend

    def lands(intents: list[Intent], alongside: Alongside | None = None) -> None:
        monkeypatch.setattr(grant.writer.record, "intend", intend)
        world.outside.put(world.q1.address, 14.5)  # between the look at the channel and the step
        intend(intents, alongside)

    monkeypatch.setattr(grant.writer.record, "intend", lands)
    assert restore_all(grant.writer).items[world.q1.pk].outcome == Item.RESTORED
    assert world.setpoint(world.q1) == 10.0


def test_without_the_database_a_machine_that_was_seen_disarmed_stays_frozen(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    Machine.objects.update(armed=False)
    wait_until(lambda: grant.standing.disarmed, 5, what="the disarming to be seen")
    grant.writer.from_memory = True
    report = restore_all(grant.writer)
    assert report.blocked_code == Code.NOT_ARMED
    assert world.setpoint(world.q1) == 13.0


def test_disarming_freezes_the_way_back_too(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    Machine.objects.update(armed=False)
    before = world.puts()
    lease, restore = bring_back(grant, by="test", reason="the test says so")
    assert world.puts() == before
    assert lease.state == Lease.State.RESTORING
    assert restore is not None
    assert restore.state == Restore.State.RUNNING
    assert ChannelLock.objects.filter(channel=world.q1).exists()


def test_who_has_lost_the_lease_says_nothing_of_its_way_back(world: World, grant: Grant) -> None:
    """It would overwrite what the watchdog has recorded since."""
    grant.writer.move({world.q1.pk: 13.0})
    Lease.objects.filter(pk=grant.lease.pk).update(token=grant.lease.token + 1, state=Lease.State.QUIET)
    _, restore = bring_back(grant, by="test", reason="it woke up")
    assert restore is None
    assert not Restore.objects.exists()
    assert world.setpoint(world.q1) == 13.0
    Lease.objects.filter(pk=grant.lease.pk).update(token=grant.lease.token, state=Lease.State.HELD)


def test_a_stop_does_not_hold_up_the_way_back(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.standing.stop("STOP")
    bring_back(grant, by="test", reason="STOP")
    assert world.setpoint(world.q1) == 10.0


def test_a_restarted_server_that_is_back_already_counts_as_restored(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    world.outside.put(world.q1.address, 10.0)  # what a fresh start of the server does
    assert restore_all(grant.writer).done


def test_the_database_knows_enough_for_somebody_else_to_go_on(world: World, grant: Grant) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.record.flush()
    Write.objects.create(
        lease=grant.lease, token=1, channel=world.q1, sequence=99, purpose="evaluate", before=13.0, value=14.0
    )
    line = lines_of(grant.lease)[world.q1.pk]
    assert (line.start, line.expected, line.unresolved) == (10.0, 13.0, [14.0])
    assert lines_of(grant.lease)[world.q2.pk].touched is None


def test_without_the_database_the_puts_are_journalled_and_imported_when_it_is_back(
    world: World, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.record.flush()
    written: list[str] = []

    def away(*_: object, **__: object) -> None:
        raise OperationalError("database is locked")

    def back() -> bool:
        monkeypatch.setattr(record, "begin", real_begin)
        written.extend(path.read_text() for path in journal.directory().glob(f"{grant.lease.pk}-*.jsonl"))
        return True

    real_begin = record.begin
    monkeypatch.setattr(record, "begin", away)
    monkeypatch.setattr(inprocess, "_database_back", back)
    _, restore = bring_back(grant, by="test", reason="the database is gone")
    assert world.setpoint(world.q1) == 10.0
    assert restore is not None
    assert restore.state == Restore.State.DONE
    assert [json.loads(line)["kind"] for line in written[0].splitlines()] == ["intent", "outcome"]
    assert Write.objects.filter(purpose="restore", value=10.0, outcome="confirmed").count() == 1


@pytest.mark.parametrize("error", [OperationalError("database is locked"), InterfaceError("the connection is closed")])
@pytest.mark.parametrize("part", ["begin", "save", "release"])
def test_a_database_that_is_busy_at_the_end_is_waited_for_and_nothing_is_put_again(
    world: World, grant: Grant, monkeypatch: pytest.MonkeyPatch, part: str, error: Error
) -> None:
    grant.writer.move({world.q1.pk: 13.0, world.q2.pk: -7.0})
    before = len(world.puts())
    where = inprocess if part == "release" else record
    call = getattr(where, part)
    tries: list[bool] = []

    def busy_twice(*given: Any, **more: Any) -> Any:
        tries.append(True)
        if len(tries) <= 2:
            raise error
        return call(*given, **more)

    monkeypatch.setattr(where, part, busy_twice)
    lease, restore = bring_back(grant, by="test", reason="the test says so")
    assert world.puts()[before:] == [("Q2", -9.0), ("Q1", 10.0)]
    assert restore is not None
    assert restore.state == Restore.State.DONE
    assert lease.state == Lease.State.RELEASED
    assert not ChannelLock.objects.exists()


def test_who_loses_the_lease_while_the_database_is_busy_leaves_the_record_to_the_watchdog(
    world: World, grant: Grant, monkeypatch: pytest.MonkeyPatch
) -> None:
    grant.writer.move({world.q1.pk: 13.0})
    save = record.save

    def busy_while_it_is_taken(*_: object, **__: object) -> None:
        monkeypatch.setattr(record, "save", save)
        raise OperationalError("database is locked")

    monkeypatch.setattr(record, "save", busy_while_it_is_taken)
    take = Lease.objects.filter(pk=grant.lease.pk).update
    monkeypatch.setattr(
        durable, "note_trouble", lambda _: take(token=grant.lease.token + 1, state=Lease.State.RESTORING)
    )
    lease, restore = bring_back(grant, by="test", reason="the test says so")
    assert restore is None
    assert lease.state == Lease.State.RESTORING
    assert Restore.objects.get().state == Restore.State.RUNNING
    assert ChannelLock.objects.exists()
    take(token=grant.lease.token, state=Lease.State.HELD)


def test_importing_a_journal_twice_adds_nothing(world: World, writer: Writer) -> None:
    book = journal.Journal(writer.lease_id, writer.token)
    book.intend([Intent(world.q1.pk, 7, 10.0, 11.0, "restore")])
    book.close()
    text = book.path.read_text()
    assert journal.import_for(writer.lease_id) == 1
    book.path.write_bytes(text.encode() + b'\xff\xfe\x00\n[]\n{"half a li')
    assert journal.import_for(writer.lease_id) == 1
    assert Write.objects.filter(sequence=7).count() == 1
