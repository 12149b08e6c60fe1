"""How the gate moves a channel, and what it says of it."""

import pytest

from controls.gate.codes import Code
from controls.gate.line import Line
from controls.gate.writer import Writer
from controls.leases.grant import Grant, acquire
from controls.models import Write
from tests.controls.gate.conftest import World
from xoptweb.config import config
from xoptweb.errors import Conflict

Outcome = Write.Outcome


def test_a_long_way_is_ramped_in_steps(world: World, writer: Writer) -> None:
    results = writer.move({world.q1.pk: -3.0})
    assert results[world.q1.pk].outcome == Outcome.CONFIRMED
    assert world.puts() == [("Q1", 5.0), ("Q1", 0.0), ("Q1", -3.0)]
    assert world.setpoint(world.q1) == -3.0


def test_every_put_has_its_intent_and_its_outcome_in_the_database(world: World, writer: Writer) -> None:
    writer.move({world.q1.pk: 12.5, world.q2.pk: -7.25})
    writer.record.flush()
    rows = list(Write.objects.order_by("sequence").values_list("channel__name", "before", "value", "outcome"))
    assert rows == [("Q1", 10.0, 12.5, "confirmed"), ("Q2", -9.0, -7.25, "confirmed")]
    assert world.puts() == [("Q1", 12.5), ("Q2", -7.25)]


def test_somebody_elses_value_is_found_and_not_overwritten(world: World, writer: Writer) -> None:
    writer.move({world.q1.pk: 11.0})
    world.outside.put(world.q1.address, 12.34)
    result = writer.move({world.q1.pk: 13.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Outcome.CONFLICT, Code.FOREIGN_WRITE)
    assert "12.34" in result.detail
    assert world.setpoint(world.q1) == 12.34


def test_a_stuck_readback_is_a_mismatch_and_never_a_success(world: World, writer: Writer) -> None:
    world.outside.put(world.ioc.pv("LI01:SIM:STUCK"), 1)
    try:
        result = writer.move({world.q1.pk: 14.0})[world.q1.pk]
    finally:
        world.outside.put(world.ioc.pv("LI01:SIM:STUCK"), 0)
    assert (result.outcome, result.code) == (Outcome.MISMATCH, Code.READBACK_DIFFERS)


def test_a_readback_that_is_gone_leaves_its_channel_unconfirmed_and_hides_no_other(
    world: World, writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(config().__dict__, "put_timeout_s", 0.4)
    writer.lines[world.q1.pk].channel.readback = world.ioc.pv("LI01:NOWHERE")
    results = writer.move({world.q1.pk: 11.0, world.q2.pk: -8.0})
    assert (results[world.q1.pk].outcome, results[world.q1.pk].code) == (Outcome.UNCONFIRMED, Code.READBACK_UNKNOWN)
    assert results[world.q2.pk].outcome == Outcome.CONFIRMED


def test_after_one_channel_fails_the_others_are_not_put(world: World, writer: Writer) -> None:
    world.outside.put(world.q1.address, 12.0)
    results = writer.move({world.q1.pk: 11.0, world.q2.pk: -8.0})
    assert results[world.q1.pk].outcome == Outcome.CONFLICT
    assert results[world.q2.pk].outcome == Outcome.REFUSED
    assert [put for put in world.puts() if put[0] == "Q2"] == []


def test_a_frozen_ioc_leaves_a_put_unconfirmed(world: World, writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    present = writer._present

    def read_then_freeze(line: Line, *, restoring: bool) -> float:
        value = present(line, restoring=restoring)
        world.ioc.freeze()
        return value

    monkeypatch.setitem(config().__dict__, "put_timeout_s", 0.4)
    monkeypatch.setattr(writer, "_present", read_then_freeze)
    result = writer.move({world.q1.pk: 11.0})[world.q1.pk]
    world.ioc.thaw()
    assert (result.outcome, result.code) == (Outcome.UNCONFIRMED, Code.NO_ANSWER)
    assert writer.lines[world.q1.pk].unresolved == [11.0]


def test_a_put_that_the_server_refuses_failed_and_moved_nothing(world: World, writer: Writer) -> None:
    disabled = f"{world.q1.address}.DISP"
    world.outside.put(disabled, 1)
    try:
        result = writer.move({world.q1.pk: 11.0})[world.q1.pk]
    finally:
        world.outside.put(disabled, 0)
    assert (result.outcome, result.code) == (Outcome.FAILED, Code.PUT_REJECTED)
    assert world.setpoint(world.q1) == 10.0
    assert writer.lines[world.q1.pk].unresolved == [], "it can't land later"


def test_one_channel_has_one_writer(world: World, grant: Grant) -> None:
    with pytest.raises(Conflict, match="Q1") as refused:
        acquire(world.want(world.q1), world.connector)
    assert refused.value.code == "channels_leased"


def test_a_disarmed_machine_gives_no_lease(world: World) -> None:
    type(world.machine).objects.update(armed=False)
    with pytest.raises(Conflict) as refused:
        acquire(world.want(world.q1), world.connector)
    assert refused.value.code == "not_armed"
