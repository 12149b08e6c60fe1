"""Guards that are violated for a moment, before a measurement, and during a pause."""

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from django.db import connections

from controls.demo import names
from optimizer.configuration import GuardRule
from optimizer.execution import pausing
from optimizer.execution.attempt import _Attempt
from optimizer.execution.endings import Ended
from optimizer.execution.finishing import come_to_rest
from optimizer.execution.loop import Loop
from optimizer.models import Campaign, Evaluation, Execution
from tests.controls.gate.conftest import World
from tests.optimizer.generators.conftest import numerical_libraries
from tests.processes import wait_until

__all__ = ["numerical_libraries"]

SOURCE = Evaluation.Source.GENERATOR


@pytest.fixture
def action() -> str:
    return "abort"


@pytest.fixture
def approved(world: World, action: str) -> dict[str, Any]:
    interlock = world.ioc.pv(names.INTERLOCK)
    rule = GuardRule(name="interlock", address=interlock, channel="I", operator="==", value=0, action=action)
    return {"guards": [rule], "end": "leave", "evaluations": 1}


@pytest.fixture(autouse=True)
def clear(world: World) -> Iterator[None]:
    yield
    world.outside.put(world.ioc.pv(names.TRIP), 0)


def set_trip(world: World, value: int) -> None:
    """Trip the interlock, or clear it, and wait until the execution has heard of it."""
    world.outside.put(world.ioc.pv(names.TRIP), value)

    def heard() -> bool:
        reading = world.connector.latest(world.ioc.pv(names.INTERLOCK))
        return reading is not None and reading.value == value

    wait_until(heard, 10, what=f"the interlock at {value}")


@pytest.fixture
def measured(world: World, begun: _Attempt, monkeypatch: pytest.MonkeyPatch) -> list[bool]:
    """Each measurement; the interlock trips during the first, and clears before it ends."""
    made: list[bool] = []

    def measure(*_: Any) -> tuple[dict[str, float], dict[str, float]]:
        if not made:
            set_trip(world, 1)
            set_trip(world, 0)
        made.append(True)
        return {"size": 1.0}, {}

    monkeypatch.setattr(begun.measuring, "measure", measure)
    return made


@pytest.mark.parametrize("action", ["pause", "abort"])
def test_a_guard_that_was_violated_for_a_moment_while_it_measured_spoils_that(
    begun: _Attempt, measured: list[bool]
) -> None:
    _, outcome = begun.evaluator.evaluate({"Q1": 11.0}, SOURCE)
    assert (outcome.state, outcome.code) == ("failed", "guard")
    assert outcome.detail == "measured while guard interlock == 0: it reads 1, for a moment"


@pytest.mark.parametrize("action", ["pause"])
def test_a_pausing_guard_that_was_violated_for_a_moment_spoils_no_later_measurement(
    begun: _Attempt, measured: list[bool]
) -> None:
    begun.evaluator.evaluate({"Q1": 11.0}, SOURCE)
    assert begun.guards.violated() is None
    _, outcome = begun.evaluator.evaluate({"Q1": 12.0}, SOURCE)
    assert outcome.state == "completed"


def test_an_aborting_guard_that_was_violated_for_a_moment_aborts_also_in_the_last_evaluation(
    begun: _Attempt, measured: list[bool]
) -> None:
    loop = Loop(begun.plan, begun.grant, begun.flags, begun.guards, begun.points, begun.evaluator)
    with pytest.raises(Ended, match="Aborted by guard interlock == 0: it reads 1, for a moment") as ended:
        loop.run()
    assert (ended.value.ending, ended.value.code) == ("aborted", "guard")
    assert measured == [True]


@pytest.mark.parametrize("action", ["pause", "abort"])
def test_nothing_is_measured_while_a_guard_is_violated(world: World, begun: _Attempt, measured: list[bool]) -> None:
    set_trip(world, 1)
    row, outcome = begun.evaluator.evaluate({"Q1": 11.0}, SOURCE)
    assert (outcome.code, outcome.detail) == ("guard", "not measured: guard interlock == 0: it reads 1")
    assert not measured
    row.refresh_from_db()
    assert (row.state, row.detail) == ("failed", outcome.detail)


def test_an_aborting_guard_aborts_a_pause_and_waits_for_no_resume(world: World, begun: _Attempt) -> None:
    def trip() -> None:
        paused = Execution.objects.filter(state=Execution.State.PAUSED)
        wait_until(paused.exists, 10, what="the pause")
        world.outside.put(world.ioc.pv(names.TRIP), 1)
        connections.close_all()

    thread = threading.Thread(target=trip)
    thread.start()
    with pytest.raises(Ended, match="Aborted by guard interlock"):
        pausing.pause(begun.plan, begun.grant, begun.flags, begun.guards, "Paused by olga.")
    thread.join()
    assert Execution.objects.get().pause_requested, "nobody resumed"


@pytest.mark.parametrize("action", ["pause"])
def test_a_machine_is_not_left_where_a_guard_is_violated(world: World, begun: _Attempt) -> None:
    assert come_to_rest(begun.plan, begun.evaluator) == Campaign.Final.LEFT
    set_trip(world, 1)
    assert come_to_rest(begun.plan, begun.evaluator) is None
    assert "It can't be left there" in Campaign.objects.get().message
