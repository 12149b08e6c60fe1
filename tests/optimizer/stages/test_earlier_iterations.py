"""What modules are told of earlier iterations: what was tried, why, and what came of it."""

from typing import Any

from optimizer.configuration import Configuration
from optimizer.models import Campaign, Environment, Execution, Iteration, Stage, StageRecord
from optimizer.stages.run import run
from tests.optimizer.analysis.test_stage import evaluations
from tests.optimizer.stages.thinking import Enabled, Model, run_due, said
from tests.optimizer.world import iteration_of, request
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval

FOUND = [371.0, 200.0, 61.0]
RANGES = {"Q1": [8.0, 12.0], "Q2": [-20.0, 20.0]}


def analysed(campaign: Campaign) -> Iteration:
    """The iteration that waits for approval, executed and analysed; the next one has begun."""
    iteration = iteration_of(campaign)
    assert iteration.approval is not None
    Approval.objects.filter(pk=iteration.approval.pk).update(state=Approval.State.USED)
    execution = Execution.objects.create(
        iteration=iteration, approval=iteration.approval, state="ended", ending="completed",
        evaluations_max=20, seconds_max=600.0,
    )  # fmt: skip
    evaluations(execution, Configuration.model_validate(iteration.configuration), [*FOUND], ())
    StageRecord.objects.create(iteration=iteration, stage=Stage.EXECUTION)
    Campaign.objects.filter(pk=campaign.pk).update(state=Campaign.State.RUNNING, final="best")
    run(iteration.pk, Stage.ANALYSIS, 1)
    iteration.refresh_from_db()
    return iteration


def test_decision_and_configuration_are_told_what_was_tried_why_and_what_came_of_it(
    live: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(live, "decision", "configuration")
    choices = {"variables": {"Q1": {"low": 8, "high": 12}, "Q2": None}, "generator": "random", "evaluations": 12}
    model.says["decision"] = [said(decision="continue", strategy="exploration", reasoning="Nothing is known yet.")]
    model.says["configuration"] = [said(choices=choices, reasoning="Q1 and Q2 matter most.")]
    campaign = request(olga)
    run_due()
    assert model.task("decision")["earlier_iterations"] == model.task("configuration")["earlier_iterations"] == []
    first = analysed(campaign)
    run_due()
    assert iteration_of(campaign).number == 2
    for stage in ("decision", "configuration"):
        (earlier,) = model.task(stage, 1)["earlier_iterations"]
        told(earlier, first)
    (best, *_) = model.task("configuration", 1)["best_points"]
    assert set(best) == {"Q1", "Q2"}


def told(earlier: dict[str, Any], first: Iteration) -> None:
    assert (earlier["iteration"], earlier["strategy"], earlier["generator"]) == (1, "exploration", "random")
    assert earlier["ranges"] == RANGES
    assert first.result is not None
    found = earlier["result"]
    assert (found["baseline"], found["best"]) == (first.result["baseline"], first.result["best"])
    assert (found["best"]["value"], found["evaluations"]["made"]) == (min(FOUND), len(FOUND))
    assert found["improvement"]["better"]
    reasons = earlier["reasons"]
    assert reasons["decision"].startswith("Nothing is known yet.")
    assert reasons["configuration"].startswith("Q1 and Q2 matter most.")
