"""The decision with the module that ships for it."""

from optimizer.models import Campaign, Environment
from tests.optimizer.stages.thinking import Enabled, Model, run_due, said
from tests.optimizer.world import iteration_of, record_of, request
from xoptweb.accounts.models import User

State = Campaign.State


def test_it_decides_how_and_the_record_tells_why(live: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(live, "decision")
    model.says["decision"] = [said(decision="continue", strategy="optimization", reasoning="It is known where.")]
    campaign = request(olga)
    assert run_due() == ["state", "decision", "run", "decision", "configuration", "approval"]
    iteration = iteration_of(campaign)
    record = record_of(iteration, "decision")
    assert (iteration.strategy, record.summary) == ("optimization", "optimization")
    assert (record.decided_by, record.reasoning) == ("xoptweb/decision@1.0.0", "It is known where.")
    assert model.task("decision")["rules"]["strategy"] == "exploration"
    assert iteration.configuration is not None
    assert iteration.configuration["generator"] == "expected_improvement"


def test_what_the_person_chose_stands(live: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(live, "decision")
    model.says["decision"] = [said(decision="continue", strategy="exploration", reasoning="Look around first.")]
    campaign = request(olga, pinned={"generator": "neldermead", "constraints": []})
    run_due()
    iteration = iteration_of(campaign)
    assert iteration.strategy == "optimization"
    assert "olga chose neldermead. That stands." in record_of(iteration, "decision").reasoning


def test_it_may_advise_against_it(live: Environment, think: Enabled, model: Model, olga: User) -> None:
    think(live, "decision")
    model.says["decision"] = [said(decision="abort", strategy="exploration", reasoning="Two runs disagree.")]
    campaign = request(olga)
    run_due()
    campaign.refresh_from_db()
    assert campaign.state == State.ABORTED
    assert campaign.message.endswith("xoptweb/decision@1.0.0 advises against it: Two runs disagree.")


def test_a_machine_that_is_not_ready_is_aborted_before_any_module(
    live: Environment, think: Enabled, model: Model, olga: User
) -> None:
    think(live, "decision")
    live.criteria.filter(channel__name="charge").update(value=1e6)
    campaign = request(olga)
    assert run_due() == ["state", "decision"]
    campaign.refresh_from_db()
    assert (campaign.state, model.asked["decision"]) == (State.ABORTED, [])
