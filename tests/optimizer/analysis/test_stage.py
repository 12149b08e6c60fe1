"""The analysis stage: what it says of a record, and what follows."""

from collections.abc import Callable
from typing import Any

import pytest
from django.utils import timezone

from controls.models import Lease
from optimizer.configuration import Baseline, Configuration
from optimizer.configuration.template import Known, build
from optimizer.models import Campaign, Environment, Evaluation, Execution, Iteration, Stage, StageRecord
from optimizer.services.ending import end_campaign
from optimizer.stages.run import run
from tests.optimizer.world import due, executing, iteration_of, record_of, request
from xoptweb.accounts.models import User
from xoptweb.actors import system

State = Campaign.State
PRESENT = {"Q1": 10.0, "Q2": -9.0, "Q3": 5.0}
Ended = Callable[..., Campaign]


@pytest.fixture
def ended(demo: Environment, olga: User) -> Ended:
    """A campaign whose execution ended with the given objective values, `None` for a failed evaluation."""

    def make(
        values: list[float | None],
        *,
        ending: str = "completed",
        final: str = "best",
        confirmed: tuple[float, ...] = (),
        message: str = "",
        code: str = "",
        strategy: str = "optimization",
        **choices: Any,
    ) -> Campaign:
        configuration = configured(olga)
        execution = executing(olga, lease=Lease.State.RELEASED, configuration=configuration, **choices)
        evaluations(execution, configuration, values, confirmed)
        Execution.objects.filter(pk=execution.pk).update(
            state="ended", ending=ending, message=message, code=code, ended_at=timezone.now()
        )
        campaign = execution.iteration.campaign
        Iteration.objects.filter(pk=execution.iteration_id).update(strategy=strategy)
        Campaign.objects.filter(pk=campaign.pk).update(state=State.RUNNING, final=final)
        run(execution.iteration_id, Stage.ANALYSIS, 1)
        campaign.refresh_from_db()
        return campaign

    return make


def configured(user: User) -> Configuration:
    campaign = request(user)
    baseline = Baseline(value=371.0, error=9.0, samples=10)
    made = build(campaign, "optimization", Known(PRESENT, baseline), seed=1)
    campaign.delete()
    return made


def evaluations(
    execution: Execution, configuration: Configuration, values: list[float | None], confirmed: tuple[float, ...]
) -> None:
    rows = [(value, Evaluation.Source.GENERATOR) for value in values]
    rows += [(value, Evaluation.Source.CONFIRMATION) for value in confirmed]
    Evaluation.objects.bulk_create(
        Evaluation(
            execution=execution,
            number=number,
            source=source,
            state=Evaluation.State.FAILED if value is None else Evaluation.State.COMPLETED,
            code="stale" if value is None else "",
            inputs=configuration.start,
            outputs={} if value is None else {"beam_size": value, "charge": 98.0},
            errors={} if value is None else {"beam_size": 3.0},
            objective=value,
            feasible=None if value is None else True,
            ended_at=timezone.now(),
        )
        for number, (value, source) in enumerate(rows, start=1)
    )


def result(campaign: Campaign) -> dict[str, Any]:
    stored: dict[str, Any] | None = iteration_of(campaign).result
    assert stored is not None
    return stored


def test_a_completed_last_iteration_finishes_with_what_came_of_it(ended: Ended) -> None:
    campaign = ended([371.0, 200.0, 61.0], confirmed=(61.0, 63.0, 62.0), iterations_max=1)
    assert campaign.state == State.FINISHED
    assert campaign.message.startswith("beam_size: 371 ± 9 → 62.0 ± 0.6 µm (−83 %).")
    assert "left at the best point" in campaign.message
    found = result(campaign)
    assert (found["best"]["number"], found["best"]["value"]) == (3, 62.0)
    assert found["evaluations"]["made"] == 3
    record = record_of(iteration_of(campaign), "execution")
    assert (record.state, record.summary) == (StageRecord.State.DONE, "3 of 20 evaluations")
    assert record_of(iteration_of(campaign), "analysis").summary == "−83 %"
    assert campaign.ended_at is not None


def test_the_next_iteration_begins_where_this_one_left_the_machine(ended: Ended) -> None:
    campaign = ended([371.0, 200.0], strategy="exploration")
    following = iteration_of(campaign)
    assert (campaign.state, following.number) == (State.RUNNING, 2)
    assert due() == [{"iteration": following.pk, "stage": "state", "round": 1}]
    assert campaign.message.startswith("Iteration 2 begins.")


def test_a_search_that_has_converged_needs_no_further_iteration(ended: Ended) -> None:
    campaign = ended([371.0 - 30 * i for i in range(10)] + [70.0] * 20)
    assert campaign.state == State.FINISHED
    assert "Converged" in result(campaign)["why"]


def test_an_exploration_is_followed_however_quiet_it_was(ended: Ended) -> None:
    assert ended([371.0] * 20, strategy="exploration").state == State.RUNNING


@pytest.mark.parametrize(
    ("ending", "state"),
    [
        ("finished", State.FINISHED),
        ("stopped", State.STOPPED),
        ("aborted", State.ABORTED),
        ("failed", State.FAILED),
    ],
)
def test_a_campaign_ends_as_its_execution_ended(ending: str, state: str, ended: Ended) -> None:
    campaign = ended([371.0, 300.0], ending=ending, final="restored", message="Stopped by peter: noise.")
    assert (campaign.state, campaign.final) == (state, Campaign.Final.RESTORED)
    assert due() == []
    if ending != "finished":
        assert campaign.message.startswith("Stopped by peter: noise.")


def test_channels_that_are_not_back_end_it(ended: Ended) -> None:
    campaign = ended([371.0, 300.0], final="not_restored", strategy="exploration")
    assert campaign.state == State.FINISHED
    assert "not restored" in campaign.message


def test_no_evaluation_is_no_result(ended: Ended) -> None:
    campaign = ended([], ending="failed", final="not_moved", message="Not begun: Q1 moved.")
    found = result(campaign)
    assert (found["best"], found["improvement"], found["convergence"]["verdict"]) == (None, None, "unknown")
    assert "No evaluation was made" in found["text"]
    assert campaign.message == "Not begun: Q1 moved."
    assert record_of(iteration_of(campaign), "execution").state == StageRecord.State.FAILED


def test_failed_evaluations_are_counted_and_named_never_used(ended: Ended) -> None:
    found = result(ended([371.0, None, None, 300.0, None], iterations_max=1))
    assert found["evaluations"]["spoiled"] == {"stale": 3}
    assert (found["evaluations"]["completed"], found["best"]["value"]) == (2, 300.0)
    assert any("3 of 5 evaluations gave no result: stale (3)" in each for each in found["recommendations"])


def test_time_that_was_used_up_is_not_called_all_evaluations(ended: Ended) -> None:
    campaign = ended([None], code="budget_time", final="restored", iterations_max=1)
    assert campaign.message.startswith("Approved time used up after 1 evaluation.")
    assert record_of(iteration_of(campaign), Stage.ANALYSIS).summary == "approved time used up"


def test_infeasible_points_are_never_the_best(ended: Ended, olga: User) -> None:
    campaign = ended([371.0, 300.0], iterations_max=1)
    Evaluation.objects.filter(objective=300.0).update(feasible=False)
    again(campaign)
    assert result(campaign)["best"]["value"] == 371.0
    Evaluation.objects.update(feasible=False)
    again(campaign)
    found = result(campaign)
    assert found["best"] is None
    assert any("No evaluation satisfied charge > 50" in each for each in found["recommendations"])


def again(campaign: Campaign) -> None:
    """Analyse the same iteration once more, as after a change of the record."""
    iteration = iteration_of(campaign)
    iteration.stages.filter(stage=Stage.ANALYSIS).delete()
    run(iteration.pk, Stage.ANALYSIS, 1)


def test_an_analysis_that_runs_again_changes_nothing(ended: Ended) -> None:
    campaign = ended([371.0, 200.0], strategy="exploration")
    first = campaign.iterations.get(number=1)
    run(first.pk, Stage.ANALYSIS, 1)
    assert campaign.iterations.count() == 2
    assert len(due()) == 1


def test_a_campaign_that_ended_meanwhile_keeps_its_end_and_gets_its_result(ended: Ended) -> None:
    campaign = ended([371.0, 200.0], strategy="exploration")
    first = campaign.iterations.get(number=1)
    end_campaign(campaign, State.STOPPED, "Stopped by olga.", by=system("tests"))
    Iteration.objects.filter(pk=first.pk).update(result=None)
    first.stages.filter(stage=Stage.ANALYSIS).delete()
    run(first.pk, Stage.ANALYSIS, 1)
    campaign.refresh_from_db()
    first.refresh_from_db()
    assert (campaign.state, campaign.message) == (State.STOPPED, "Stopped by olga.")
    assert first.result is not None
    assert campaign.iterations.count() == 2


def test_an_execution_that_has_not_ended_is_not_analysed(demo: Environment, olga: User) -> None:
    execution = executing(olga)
    Campaign.objects.update(state=State.RUNNING)
    run(execution.iteration_id, Stage.ANALYSIS, 1)
    campaign = execution.iteration.campaign
    campaign.refresh_from_db()
    assert campaign.state == State.FAILED
    assert "has not ended" in campaign.message or "no execution that has ended" in campaign.message


def test_ten_thousand_evaluations_are_analysed(ended: Ended, olga: User) -> None:
    campaign = ended([371.0 - 0.03 * i for i in range(10_000)], iterations_max=1)
    again(campaign)
    assert result(campaign)["evaluations"]["feasible"] == 10_000
