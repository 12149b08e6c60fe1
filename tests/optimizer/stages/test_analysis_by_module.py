"""The analysis with the module that ships for it: words beside numbers, and the advice to stop."""

from typing import Any

import pytest

from controls.models import Lease
from modules.models import Run
from optimizer.models import Campaign, Environment, Execution, Iteration, Stage, StageRecord
from optimizer.services.campaigns import stop
from optimizer.stages.run import run
from tests.optimizer.analysis.test_stage import configured, evaluations, result
from tests.optimizer.stages.thinking import Enabled, Model, run_due, run_of, runs, said
from tests.optimizer.world import acting, executing, iteration_of, load_demo, record_of
from xoptweb.accounts.models import User

State = Campaign.State
EXPLAINED = {"explanation": "Q2 did most of it.", "recommendations": ["Try Q2 alone."], "stop": False, "why_stop": ""}


@pytest.fixture
def demo(transactional_db: None) -> Environment:
    """Nobody serves its channels: an analysis needs none."""
    return load_demo()


def ended(olga: User, *, ending: str = "completed", **choices: Any) -> Campaign:
    """A campaign whose exploration has ended; its analysis has begun."""
    configuration = configured(olga)
    execution = executing(olga, lease=Lease.State.RELEASED, configuration=configuration, **choices)
    evaluations(execution, configuration, [371.0, 200.0], ())
    Execution.objects.filter(pk=execution.pk).update(state="ended", ending=ending)
    Iteration.objects.filter(pk=execution.iteration_id).update(strategy="exploration")
    Campaign.objects.filter(pk=execution.iteration.campaign_id).update(state=State.RUNNING, final="best")
    run(execution.iteration_id, Stage.ANALYSIS, 1)
    return Campaign.objects.get(pk=execution.iteration.campaign_id)


def test_it_explains_and_the_numbers_stay(demo: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(demo, "analysis")
    model.says["analysis"] = [said(**EXPLAINED)]
    campaign = ended(olga)
    first = iteration_of(campaign)
    assert (campaign.state, first.ended_at) == (State.RUNNING, None)
    assert result(campaign)["evaluations"]["made"] == 2
    run_due()
    first.refresh_from_db()
    campaign.refresh_from_db()
    assert first.result is not None
    assert first.result["module"] == EXPLAINED | {"module": "xoptweb/analysis@1.0.0"}
    assert first.result["improvement"]["better"]
    assert first.ended_at is not None
    record = record_of(first, "analysis")
    assert record.reasoning.startswith("Q2 did most of it.\nTry Q2 alone.\nThe rules: ")
    assert record.decided_by == "xoptweb/analysis@1.0.0"
    assert model.task("analysis")["calculated"]["baseline"]["value"] == 371.0
    assert iteration_of(campaign).number == 2


def test_its_advice_to_stop_is_followed_and_said(demo: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(demo, "analysis")
    model.says["analysis"] = [said(**EXPLAINED | {"stop": True, "why_stop": "The screen saturates."})]
    campaign = ended(olga)
    run_due()
    campaign.refresh_from_db()
    assert campaign.state == State.FINISHED
    assert campaign.message.endswith("xoptweb/analysis@1.0.0 advises to stop: The screen saturates.")
    assert iteration_of(campaign).number == 1
    assert result(campaign)["why"] == "xoptweb/analysis@1.0.0 advises to stop: The screen saturates."


def test_a_failure_leaves_the_rules_in_charge(demo: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(demo, "analysis")
    model.says["analysis"] = [said(explanation="", improvement=1000)]
    campaign = ended(olga)
    run_due()
    campaign.refresh_from_db()
    first = campaign.iterations.get(number=1)
    assert record_of(first, "analysis").reasoning.startswith("xoptweb/analysis@1.0.0 failed: ")
    assert first.result is not None
    assert "module" not in first.result
    assert iteration_of(campaign).number == 2


def test_who_pressed_stop_waits_for_no_module(demo: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(demo, "analysis")
    campaign = ended(olga, ending="stopped")
    assert (campaign.state, runs(campaign)) == (State.STOPPED, [])


def test_a_stop_while_it_is_asked_ends_campaign_and_run(
    demo: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(demo, "analysis")
    campaign = ended(olga)
    stop(campaign, by=acting(olga))
    run_due()
    campaign.refresh_from_db()
    assert campaign.state == State.STOPPED
    assert run_of(runs(campaign)[0]).state == Run.State.CANCELLED
    record = record_of(iteration_of(campaign), "analysis")
    assert (record.state, record.summary) == (StageRecord.State.FAILED, "stopped"), "it did not conclude"
    assert model.asked["analysis"] == []
