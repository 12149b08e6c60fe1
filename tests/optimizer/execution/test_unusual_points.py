"""A generator that does something else than its name promises: people see it."""

import pytest

from optimizer.execution.attempt import _Attempt
from optimizer.execution.loop import Loop
from optimizer.execution.measuring import NotMeasured
from optimizer.models import Campaign, Evaluation
from optimizer.presentation.evaluations import table
from tests.optimizer.generators.conftest import numerical_libraries

__all__ = ["numerical_libraries"]
TOO_FEW = "random point: 0 measurements, too few for a model"


@pytest.mark.parametrize("approved", [{"generator": "expected_improvement"}])
def test_random_points_for_want_of_measurements_are_told_and_kept_with_each_evaluation(begun: _Attempt) -> None:
    loop = Loop(begun.plan, begun.grant, begun.flags, begun.guards, begun.points, begun.evaluator)
    loop._replay()
    loop._one()
    loop._one()
    assert list(Evaluation.objects.order_by("number").values_list("source", "detail")) == [
        ("current", ""),
        ("generator", TOO_FEW),
    ]
    assert Campaign.objects.get().message == f"expected_improvement: {TOO_FEW}."
    shown = table(begun.plan.configuration, Evaluation.objects.order_by("number"), None).rows
    assert [row.note for row in shown] == ["", TOO_FEW]


@pytest.mark.parametrize("approved", [{"generator": "neldermead"}])
def test_what_failed_says_why_before_what_was_unusual_and_the_end_of_it_is_told_too(
    begun: _Attempt, monkeypatch: pytest.MonkeyPatch
) -> None:
    def stale(*_: object) -> None:
        raise NotMeasured("stale", "size: 0 of 5 fresh values within 3 s")

    loop = Loop(begun.plan, begun.grant, begun.flags, begun.guards, begun.points, begun.evaluator)
    loop._replay()
    monkeypatch.setattr(begun.measuring, "measure", stale)
    loop._one()
    loop._one()
    failed = Evaluation.objects.latest("number")
    assert failed.detail.startswith("size: 0 of 5 fresh values within 3 s; asked again: attempt 2 of 3")
    assert "asked again" in Campaign.objects.get().message
    monkeypatch.setattr(begun.measuring, "measure", lambda *_: ({"size": 2.0}, {}))
    loop._one()
    loop._one()
    assert Campaign.objects.get().message == "neldermead suggests as usual again."
    assert Evaluation.objects.latest("number").detail == ""
