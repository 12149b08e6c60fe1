"""The approved time: what ends when it is used up, and what is said about it."""

import pytest

from optimizer.execution.attempt import _Attempt
from optimizer.execution.finishing import come_to_rest
from optimizer.execution.loop import Loop
from optimizer.models import Campaign, Evaluation, Execution
from tests.controls.gate.conftest import World
from tests.optimizer.generators.conftest import numerical_libraries

__all__ = ["numerical_libraries"]


def loop_of(begun: _Attempt) -> Loop:
    return Loop(begun.plan, begun.grant, begun.flags, begun.guards, begun.points, begun.evaluator)


def completed(begun: _Attempt, number: int) -> Evaluation:
    return Evaluation.objects.create(
        execution=begun.plan.execution, number=number, state="completed", inputs={"Q1": 11.0, "Q2": -9.0},
        outputs={"size": 3.0}, objective=3.0, feasible=True,
    )  # fmt: skip


@pytest.mark.parametrize("approved", [{"seconds": 1.0, "end": "leave"}])
def test_an_execution_whose_time_is_used_up_says_so_and_ends_as_approved(world: World, begun: _Attempt) -> None:
    begun._run()
    execution, campaign = Execution.objects.get(), Campaign.objects.get()
    made = execution.evaluations.count()
    assert 0 < made < begun.plan.configuration.evaluations
    assert (execution.ending, execution.code) == ("completed", "budget_time")
    assert execution.message.startswith(f"The approved time is used up ({made} of 20 evaluations). Left at the last")
    assert campaign.final == Campaign.Final.LEFT
    last = execution.evaluations.latest("number").inputs
    assert {"Q1": world.setpoint(world.q1), "Q2": world.setpoint(world.q2)} == pytest.approx(last)


@pytest.mark.parametrize("approved", [{"evaluations": 2}])
def test_an_execution_that_made_all_evaluations_says_that(begun: _Attempt) -> None:
    begun._run()
    execution = Execution.objects.get()
    assert (execution.ending, execution.code) == ("completed", "budget_evaluations")
    assert execution.message.startswith("All evaluations were made. ")


@pytest.mark.parametrize(
    ("approved", "used", "ends"),
    [
        ({"seconds": 10.0, "end": "restore"}, 9.9, False),
        ({"seconds": 10.0, "end": "restore"}, 10.0, True),
        ({"seconds": 10.0, "end": "best", "confirmations": 2}, 5.5, False),
        ({"seconds": 10.0, "end": "best", "confirmations": 2}, 6.0, True),
        ({"seconds": 10.0, "end": "best", "confirmations": 0}, 6.0, False),
    ],
)
def test_time_is_kept_for_confirming_where_the_machine_is_to_stay_at_the_best(
    begun: _Attempt, *, used: float, ends: bool
) -> None:
    loop = loop_of(begun)
    loop.made, begun.plan.execution.seconds_used = 4, used
    assert loop._used_up() == ("budget_time" if ends else None)


@pytest.mark.parametrize("approved", [{"end": "best"}])
@pytest.mark.parametrize("confirmed", [0, 1])
def test_a_best_result_that_there_is_no_time_to_confirm_is_not_where_the_machine_stays(
    world: World, begun: _Attempt, monkeypatch: pytest.MonkeyPatch, confirmed: int
) -> None:
    completed(begun, 1)
    begun.evaluator.number = 2
    begun.plan.execution.seconds_used = begun.plan.envelope.seconds - (1e-6 if confirmed else 0.0)
    monkeypatch.setattr(begun.measuring, "measure", lambda *_: ({"size": 3.0}, {}))
    assert come_to_rest(begun.plan, begun.evaluator) is None
    assert Evaluation.objects.filter(source="confirmation").count() == confirmed
    assert bool(world.puts()) == bool(confirmed)
    assert "The approved time is over" in Campaign.objects.get().message


@pytest.mark.parametrize("approved", [{"end": "best", "confirmations": 2}])
def test_confirming_takes_approved_time(begun: _Attempt, monkeypatch: pytest.MonkeyPatch) -> None:
    completed(begun, 1)
    begun.evaluator.number = 2
    monkeypatch.setattr(begun.measuring, "measure", lambda *_: ({"size": 3.0}, {}))
    assert come_to_rest(begun.plan, begun.evaluator) == Campaign.Final.BEST
    stored = Execution.objects.get().seconds_used
    assert begun.plan.execution.seconds_used >= stored > 0
