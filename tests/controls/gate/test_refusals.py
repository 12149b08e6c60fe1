"""What the gate never lets through, judged by the IOC's own put log."""

from contextlib import suppress
from typing import Any

import pytest
from django.utils import timezone

from controls.connectors.base import Interrupted
from controls.failpoints import Failpoint
from controls.gate.codes import Code, Refusal
from controls.gate.line import Line
from controls.gate.writer import Writer
from controls.models import Channel, Machine, Write
from tests.controls.gate.conftest import World, last_write


@pytest.mark.parametrize(
    ("value", "code"),
    [
        (float("nan"), Code.NOT_A_NUMBER),
        (float("inf"), Code.NOT_A_NUMBER),
        (float("-inf"), Code.NOT_A_NUMBER),
        ("12", Code.NOT_A_NUMBER),
        (True, Code.NOT_A_NUMBER),
        ([1.0], Code.NOT_A_NUMBER),
        (None, Code.NOT_A_NUMBER),
        (30.5, Code.OUTSIDE_LIMITS),
        (-1e9, Code.OUTSIDE_LIMITS),
        (20.01, Code.OUTSIDE_ENVELOPE),
        (-25.0, Code.OUTSIDE_ENVELOPE),
    ],
)
def test_a_wrong_value_is_refused_and_nothing_moves(world: World, writer: Writer, value: Any, code: Code) -> None:
    with pytest.raises(Refusal) as refused:
        writer.move({world.q2.pk: 1.0, world.q1.pk: value})
    assert refused.value.code == code
    assert "Q1" in refused.value.detail
    assert world.puts() == []
    assert (last_write().outcome, last_write().code) == (Write.Outcome.REFUSED, code)


def test_a_channel_outside_the_lease_is_refused(world: World, writer: Writer) -> None:
    with pytest.raises(Refusal) as refused:
        writer.move({999_999: 1.0})
    assert refused.value.code == Code.UNKNOWN_CHANNEL


def test_a_channel_that_is_not_writable_is_refused(world: World, writer: Writer) -> None:
    writer.lines[world.q1.pk].channel.writable = False
    with pytest.raises(Refusal) as refused:
        writer.move({world.q1.pk: 11.0})
    assert refused.value.code == Code.NOT_WRITABLE
    assert world.puts() == []


def test_disarming_takes_effect_before_the_next_put(world: World, writer: Writer) -> None:
    assert writer.move({world.q1.pk: 11.0})[world.q1.pk].confirmed
    Machine.objects.filter(pk=world.machine.pk).update(armed=False)
    result = writer.move({world.q1.pk: 12.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, Code.NOT_ARMED)
    assert world.puts() == [("Q1", 11.0)]


@pytest.mark.parametrize("way_back", [False, True])
def test_disarming_while_the_channel_is_still_read_takes_effect_before_its_put(
    world: World, writer: Writer, monkeypatch: pytest.MonkeyPatch, *, way_back: bool
) -> None:
    writer.move({world.q1.pk: 11.0})
    permitted_present = writer._permitted_present

    def slowly(line: Line, *, restoring: bool) -> float:
        value = permitted_present(line, restoring=restoring)
        Machine.objects.filter(pk=world.machine.pk).update(armed=False)
        return value

    monkeypatch.setattr(writer, "_permitted_present", slowly)
    result = writer.restore_step(world.q1.pk) if way_back else writer.move({world.q1.pk: 12.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, Code.NOT_ARMED)
    assert world.puts() == [("Q1", 11.0)]


@pytest.mark.parametrize("way_back", [False, True])
def test_a_writer_that_was_frozen_after_its_checks_puts_nothing(
    world: World, writer: Writer, monkeypatch: pytest.MonkeyPatch, *, way_back: bool
) -> None:
    writer.move({world.q1.pk: 11.0})

    def frozen(point: Failpoint) -> None:
        if point == Failpoint.CHECKED_PUT:
            writer.standing._deadline = 0.0  # long ago

    monkeypatch.setattr("controls.gate.writer.reach", frozen)
    result = writer.restore_step(world.q1.pk) if way_back else writer.move({world.q1.pk: 12.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, Code.LEASE_ENDING)
    assert world.puts() == [("Q1", 11.0)]


def test_nothing_is_put_while_the_watchdog_is_silent(world: World, writer: Writer) -> None:
    writer.standing._beat_seen -= 60  # as if the last beat had been seen a minute ago
    Machine.objects.get(pk=world.machine.pk).heartbeats.all().delete()
    result = writer.move({world.q1.pk: 11.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, Code.WATCHDOG_SILENT)
    assert world.puts() == []


def test_an_old_fencing_token_writes_nothing(world: World, writer: Writer) -> None:
    from controls.models import Lease

    Lease.objects.filter(pk=writer.lease_id).update(token=writer.token + 1)
    result = writer.move({world.q1.pk: 11.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, Code.LEASE_LOST)
    assert world.puts() == []
    Lease.objects.filter(pk=writer.lease_id).update(token=writer.token)


def test_a_lease_that_is_about_to_end_writes_nothing(world: World, writer: Writer) -> None:
    writer.standing.margin_s = 3600.0
    assert writer.standing.interrupts_moves()
    with suppress(Interrupted):
        assert not writer.move({world.q1.pk: 11.0})[world.q1.pk].confirmed
    assert world.puts() == []


@pytest.mark.parametrize(("value", "code"), [(0.0, Code.PERMIT_DENIED), (None, Code.PERMIT_UNKNOWN)])
def test_without_the_facilitys_permit_nothing_is_put(
    world: World, writer: Writer, value: float | None, code: Code
) -> None:
    address = world.ioc.pv("LI01:PERMIT" if value is not None else "LI01:NOWHERE")
    permit = Channel.objects.create(machine=world.machine, name="permit", address=address)
    writer.machine.permit_channel = permit
    writer.machine.permit_value = 1.0
    if value is not None:
        world.connector.connect([address], 5)
        world.outside.put(address, value)
    try:
        result = writer.move({world.q1.pk: 11.0})[world.q1.pk]
    finally:
        world.outside.put(world.ioc.pv("LI01:PERMIT"), 1)
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, code)
    assert world.puts() == []


def test_a_step_back_that_would_lead_away_from_the_recorded_value_is_not_put(
    world: World, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    writer.move({world.q1.pk: 20.0})
    writer.lines[world.q1.pk].unresolved.append(12.0)

    def lands(point: Failpoint) -> None:
        if point == Failpoint.RESTORE_STEP:  # after the step to 15 was chosen
            world.outside.put(world.q1.address, 12.0)

    monkeypatch.setattr("controls.gate.writer.reach", lands)
    result = writer.restore_step(world.q1.pk)
    assert (result.outcome, result.code) == (Write.Outcome.REFUSED, Code.NOT_TOWARDS_RECORD)
    assert world.setpoint(world.q1) == 12.0


def test_a_stopped_machine_moves_nothing_more(world: World, writer: Writer) -> None:
    Machine.objects.filter(pk=world.machine.pk).update(stops=1, stopped_at=timezone.now())
    with suppress(Interrupted):  # the thread that listens for stops may be faster than the gate
        assert writer.move({world.q1.pk: 11.0})[world.q1.pk].code == Code.STOPPED
    assert world.puts() == []
