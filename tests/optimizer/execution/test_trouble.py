"""A database that has no time for a moment ends no execution."""

import threading
from collections.abc import Callable
from typing import Any

import pytest
from django.db import InterfaceError, OperationalError, connections

from controls.connectors.base import INVALID_SEVERITY, Reading
from controls.gate.codes import Code, Outcome, Result
from controls.gate.durable import DatabaseGone, durably
from controls.gate.readback import PATIENCE_S, _compared
from controls.gate.standing import Standing
from controls.models import ChannelLock, Write
from optimizer.configuration import GuardRule
from optimizer.execution import attempt, conclude, evaluating, notes, pausing
from optimizer.execution.flags import Flags
from optimizer.execution.loop import Loop
from optimizer.execution.plan import Plan
from optimizer.execution.rows import Outcome as Evaluated
from optimizer.execution.stepping_back import StepBack
from optimizer.models import Campaign, Evaluation, Execution
from tests.controls.gate.conftest import World
from tests.processes import wait_until
from xoptweb.live.models import Event
from xoptweb.live.services import publish
from xoptweb.states import move


def busy_once(call: Callable[..., Any]) -> Callable[..., Any]:
    """`call`, which the database refuses the first time."""
    refused: list[bool] = []

    def again(*given: Any, **more: Any) -> Any:
        if not refused:
            refused.append(True)
            raise OperationalError("database is locked")
        return call(*given, **more)

    return again


def resumed(plan: Plan) -> threading.Thread:
    """Somebody who resumes as soon as it is seen to pause."""

    def resume() -> None:
        mine = Execution.objects.filter(pk=plan.execution.pk)
        wait_until(lambda: mine.filter(state=Execution.State.PAUSED).exists(), 10, what="the pause")
        mine.update(pause_requested=False)
        connections.close_all()

    thread = threading.Thread(target=resume)
    thread.start()
    return thread


@pytest.mark.parametrize("part", ["_enter", "_leave"])
def test_a_pause_that_meets_a_busy_database_is_a_pause(
    begun: attempt._Attempt, part: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pausing, part, busy_once(getattr(pausing, part)))
    thread = resumed(begun.plan)
    pausing.pause(begun.plan, begun.grant, begun.flags, begun.guards, "Paused by olga.")
    thread.join()
    assert Execution.objects.get().state == Execution.State.RUNNING


def test_a_database_that_is_away_has_resumed_nothing(begun: attempt._Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    standing = Standing(10, 1)
    flags = Flags(begun.plan.execution.pk)
    monkeypatch.setattr(Execution.objects, "values_list", busy_once(Execution.objects.values_list))
    assert pausing._still_asked(begun.plan, flags, standing)
    assert not pausing._still_asked(begun.plan, flags, standing)


def test_what_was_reached_is_kept_though_the_database_is_busy_at_the_end(
    begun: attempt._Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attempt, "come_to_rest", lambda *_: Campaign.Final.LEFT)
    monkeypatch.setattr(attempt, "move", busy_once(move))
    monkeypatch.setattr(conclude, "end", busy_once(conclude.end))
    begun._rest(Execution.Ending.COMPLETED, "All evaluations were made.")
    execution = Execution.objects.get()
    assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.COMPLETED)
    assert Campaign.objects.get().final == Campaign.Final.LEFT
    assert not ChannelLock.objects.exists()


def refused(begun: attempt._Attempt) -> None:
    """As the gate refuses a put where the database stayed away until the lease was about to end."""
    loop = Loop(begun.plan, begun.grant, begun.flags, begun.guards, begun.points, begun.evaluator)
    loop._judge(Evaluated(Evaluation.State.REFUSED, {}, {}, Code.DATABASE_UNAVAILABLE, "the database does not answer"))


def cut(_: attempt._Attempt) -> None:
    raise InterfaceError("the database does not answer")


@pytest.mark.parametrize("away", [refused, cut])
@pytest.mark.parametrize("policy", list(Campaign.AfterCrash))
def test_what_a_database_that_went_away_means_is_for_the_campaigns_policy(
    world: World,
    begun: attempt._Attempt,
    monkeypatch: pytest.MonkeyPatch,
    away: Callable[[attempt._Attempt], None],
    policy: Campaign.AfterCrash,
) -> None:
    Campaign.objects.update(after_crash=policy)
    begun.plan.campaign.refresh_from_db()
    begun.grant.writer.move({world.q1.pk: 13.0})
    monkeypatch.setattr(Loop, "run", lambda _: away(begun))
    begun.run()
    execution = Execution.objects.get()
    if policy == Campaign.AfterCrash.RESUME:
        assert execution.state == Execution.State.QUEUED
    else:
        assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.FAILED)
        assert "Ended by its policy" in execution.message
    said = Event.objects.filter(stream=begun.plan.stream).values_list("payload", flat=True)
    assert any("Interrupted: the database does not answer" in str(each) for each in said)
    assert world.setpoint(world.q1) == 10.0
    assert not ChannelLock.objects.exists()


def test_an_execution_that_is_back_ends_though_the_database_is_busy(
    world: World, begun: attempt._Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.grant.writer.move({world.q1.pk: 13.0})
    monkeypatch.setattr(conclude, "end", busy_once(conclude.end))
    begun._restore(Execution.Ending.COMPLETED, "All evaluations were made.")
    execution = Execution.objects.get()
    assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.COMPLETED)
    assert Campaign.objects.get().final == Campaign.Final.RESTORED


def test_a_note_that_nobody_can_write_down_ends_nothing(
    begun: attempt._Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(notes, "publish", busy_once(publish))
    notes.tell(begun.plan, "The watchdog is back; it goes on.")
    assert Campaign.objects.get().message != "The watchdog is back; it goes on."


@pytest.mark.django_db(transaction=True)
def test_a_stop_waits_for_no_database() -> None:
    tries: list[bool] = []

    def locked() -> None:
        tries.append(True)
        raise OperationalError("database is locked")

    standing = Standing(10.0, 1.0)
    standing.stop("STOP")
    with pytest.raises(DatabaseGone):
        durably(locked, "an intent", standing)
    assert len(tries) == 1
    standing.returning = True
    assert durably(busy_once(lambda: 7), "a step back", standing) == 7, "the way back has patience"


def test_a_guard_that_is_violated_on_a_long_way_ends_it_there(
    world: World, begun: attempt._Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = GuardRule(name="Q1 small", address=world.q1.address, channel="Q1", operator="<", value=12.0, action="abort")
    violated = [None, (rule, "guard Q1 small < 12: it reads 15")]
    monkeypatch.setattr(begun.guards, "violated", lambda: violated.pop(0))
    row, outcome = begun.evaluator.evaluate({"Q1": -20.0}, Evaluation.Source.GENERATOR)
    assert (outcome.state, outcome.code) == (Evaluation.State.FAILED, evaluating.GUARD)
    assert "ended on the way there" in outcome.detail
    assert world.puts() == [("Q1", 5.0), ("Q1", 0.0)]
    row.refresh_from_db()
    assert row.code == evaluating.GUARD


def test_a_readback_that_is_marked_invalid_confirms_nothing(world: World, begun: attempt._Attempt) -> None:
    line = begun.grant.writer.lines[world.q1.pk]
    reading = Reading(11.0, 1.0, INVALID_SEVERITY, 1)
    assert _compared(line, 11.0, reading, 0.0) is None, "it may still come right"
    late = _compared(line, 11.0, reading, line.channel.settle_s + PATIENCE_S + 1)
    assert isinstance(late, Result)
    assert (late.outcome, late.code) == (Outcome.UNCONFIRMED, Code.READBACK_UNKNOWN)
    assert _compared(line, 11.0, Reading(11.0, 1.0, 2, 1), 0.0) is not None


def test_a_step_back_is_recorded_with_its_outcome_though_no_evaluation_follows(
    world: World, begun: attempt._Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun.grant.writer.move({world.q1.pk: 13.0})
    rule = GuardRule(name="Q1 small", address=world.q1.address, channel="Q1", operator="<", value=12.0, action="pause")
    violated = [(rule, "guard Q1 small < 12: it reads 13")]
    monkeypatch.setattr(begun.guards, "violated", lambda: violated.pop(0) if violated else None)
    assert StepBack(begun.plan, begun.grant, begun.guards).go() == []
    rows = Write.objects.filter(purpose="back").values_list("value", "outcome")
    assert set(rows) == {(10.0, "confirmed"), (-9.0, "confirmed")}
