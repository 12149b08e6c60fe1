"""Guards of a campaign that moves a machine: they pause or abort it, and a resume can always go on."""

import os
import signal
from collections.abc import Iterator

import pytest

from controls.demo import names
from optimizer.models import Campaign, Environment, Guard
from optimizer.services import campaigns
from tests.invariants.judge import judge
from tests.invariants.stack import Stack
from tests.invariants.story import START, Story
from tests.processes import wait_until

State = Campaign.State
Final = Campaign.Final


@pytest.fixture
def only_where_q1_is_small(stack: Stack) -> Iterator[None]:
    """A guard that about every third setting of the story violates by itself."""
    environment = Environment.objects.get(slug="screen-focus")
    guard = Guard.objects.create(
        environment=environment, name="Q1 small", channel=stack.machine.channels.get(name="Q1"), operator="<",
        value=12.0, action="pause",
    )  # fmt: skip
    yield
    guard.delete()


def resume(story: Story) -> None:
    campaigns.resume(story.campaign, by=story.actor(story.operator))


def ended_with_resumes(story: Story) -> bool:
    story.campaign.refresh_from_db()
    if story.campaign.state == State.PAUSED and story.execution.pause_requested:
        resume(story)
    return story.campaign.state in Campaign.FINAL


def test_a_guard_pauses_and_a_resume_goes_on_where_it_was_when_the_guard_holds_again(story: Story) -> None:
    story.run(pinned={"evaluations": 12})
    story.until_evaluations(2)
    story.outside.put(f"{story.ioc.prefix}{names.SCREEN_OUT}", 1)
    story.until(State.PAUSED)
    assert "screen inserted" in story.campaign.message
    story.outside.put(f"{story.ioc.prefix}{names.SCREEN_OUT}", 0)
    resume(story)
    assert story.until_at_rest().state == State.FINISHED
    assert not [write for write in story.writes if write.purpose == "back"]
    judge(story)


def test_an_aborting_guard_restores(story: Story) -> None:
    story.run(pinned={"evaluations": 60})
    story.until_evaluations(2)
    story.outside.put(f"{story.ioc.prefix}{names.TRIP}", 1)
    try:
        campaign = story.until_at_rest()
    finally:
        story.outside.put(f"{story.ioc.prefix}{names.TRIP}", 0)
    assert (campaign.state, campaign.final) == (State.ABORTED, Final.RESTORED)
    assert "interlock clear" in campaign.message
    assert story.setpoints() == START
    judge(story)


def test_who_finishes_after_a_long_pause_by_a_guard_has_asked_for_no_way_back(
    story: Story, only_where_q1_is_small: None
) -> None:
    story.run(pinned={"evaluations": 8})
    story.until(State.PAUSED)
    wait_until(lambda: story.parked, 20, what="parking")
    campaigns.finish(story.campaign, by=story.actor(story.operator))
    assert story.until_at_rest().state == State.FINISHED
    assert not [write for write in story.writes if write.purpose == "back"]
    judge(story)


def test_a_writer_that_dies_while_a_guard_holds_it_up_moves_nothing_before_a_person_resumes(story: Story) -> None:
    """Its channels are restored; the next attempt must not take a resume that nobody gave for granted."""
    story.run(pinned={"evaluations": 12})
    story.until_evaluations(2)
    screen = f"{story.ioc.prefix}{names.SCREEN_OUT}"
    story.outside.put(screen, 1)
    try:
        story.until(State.PAUSED)
        os.kill(int(story.execution.attempts.latest("number").process.split(":")[1]), signal.SIGKILL)
        wait_until(lambda: story.execution.attempts.count() == 2, 30, what="the next attempt")
        story.until(State.PAUSED)
        assert story.setpoints() == START
        assert not [write for write in story.writes if write.purpose == "back"]
    finally:
        story.outside.put(screen, 0)
    resume(story)
    assert story.until_at_rest().state == State.FINISHED
    judge(story)


@pytest.mark.parametrize("long", [False, True])
def test_where_a_setting_violates_a_guard_a_resume_goes_back_to_where_it_held_and_on(
    story: Story, only_where_q1_is_small: None, *, long: bool
) -> None:
    story.run(pinned={"evaluations": 8})
    story.until(State.PAUSED)
    held = [each for each in story.evaluations if each.state == "completed"]
    place = f"evaluation {held[-1].number}" if held else "where it began"
    assert f"Resume goes back to {place} first" in story.campaign.message
    if long:
        wait_until(lambda: story.parked, 20, what="parking")
    paused = story.setpoints()
    assert paused["Q1"] >= 12.0, "it goes nowhere before a person resumes"
    resume(story)
    wait_until(lambda: ended_with_resumes(story), 60, every_s=0.05, what="the end, with a resume at every pause")
    back = [write for write in story.writes if write.purpose == "back"]
    assert {write.outcome for write in back} == {"confirmed"}
    reached = {(write.channel.name, write.value) for write in back}
    assert set((held[-1].inputs if held else START).items()) <= reached
    assert story.until_at_rest().state == State.FINISHED
    assert len(story.evaluations) == 8
    judge(story)
