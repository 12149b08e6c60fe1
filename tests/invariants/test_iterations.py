"""Campaigns of several iterations, from the sentence to the end, with every real process."""

from typing import Any

import pytest

from optimizer.configuration import Configuration
from optimizer.models import Campaign, Evaluation, Iteration
from optimizer.services.campaigns import parse
from optimizer.services.creating import create
from tests.invariants.story import RANGE, Story
from tests.patience import patient
from tests.processes import wait_until
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval

RANGES = {name: {"low": low, "high": high} for name, (low, high) in RANGE.items()}
pytestmark = pytest.mark.timeout(patient(300))


def begin(story: Story, by: Actor, **choices: Any) -> Campaign:
    """Without a pinned generator: the rules decide the strategies."""
    story.outside_start()
    pinned = {"variables": RANGES, "evaluations": 8, "seconds": 200.0, "seed": 11}
    given: dict[str, Any] = {
        "environment": "screen-focus",
        "sentence": "make the beam on the screen smaller",
        "pinned": pinned,
    }
    story.campaign = create(parse({**given, "iterations_max": 2, **choices}), by=by)
    return story.campaign


def iterations(campaign: Campaign) -> list[Iteration]:
    return list(campaign.iterations.select_related("approval").order_by("number"))


def wait_for_iteration(story: Story, number: int, state: Campaign.State) -> None:
    def there() -> bool:
        story.campaign.refresh_from_db()
        if story.campaign.state in Campaign.FINAL:
            raise AssertionError(f"it ended as {story.campaign.state}: {story.campaign.message}")
        return story.campaign.state == state and story.campaign.iterations.count() == number

    wait_until(there, 120, every_s=0.1, what=f"iteration {number} {state}")


def test_exploration_then_optimisation_each_asked_for_anew(story: Story) -> None:
    campaign = begin(story, story.actor(story.operator))
    story.until(Campaign.State.AWAITING_APPROVAL)
    story.approve()
    wait_for_iteration(story, 2, Campaign.State.AWAITING_APPROVAL)
    first, second = iterations(campaign)
    assert (first.strategy, second.strategy) == ("exploration", "optimization")
    assert first.result is not None
    configuration = Configuration.model_validate(second.configuration)
    assert configuration.generator == "expected_improvement"
    assert configuration.start == pytest.approx(story.setpoints())
    assert second.approval is not None
    assert second.approval.content["difference_from"] == "iteration 1"
    if campaign.final == Campaign.Final.BEST:
        assert configuration.start == pytest.approx(first.result["best"]["inputs"])

    story.approve()
    story.until(Campaign.State.FINISHED, timeout_s=120)
    second = iterations(campaign)[1]
    assert second.result is not None
    assert second.result["evaluations"]["made"] == 8
    sources = set(Evaluation.objects.filter(execution__iteration=second).values_list("source", flat=True))
    assert {"current", "generator"} <= sources
    assert story.until_at_rest().message


def test_people_who_agreed_to_be_asked_once_are_asked_once(story: Story) -> None:
    campaign = begin(story, story.actor(story.approver), ask_each_iteration=False, requester_may_decide=True)
    story.until(Campaign.State.AWAITING_APPROVAL)
    story.approve()
    story.until(Campaign.State.FINISHED, timeout_s=200)
    first, second = iterations(campaign)
    assert first.approval is not None
    assert second.approval is not None
    assert second.approval.state == Approval.State.USED
    assert second.approval.votes.count() == 0
    assert "the policy asks once" in second.stages.get(stage="approval").reasoning
    assert story.until_at_rest().state == Campaign.State.FINISHED
