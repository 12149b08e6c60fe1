"""People steering a campaign that moves a machine."""

import pytest

from controls import stopfile
from controls.failpoints import Failpoint
from controls.models import ChannelLock, Lease, Machine, Restore
from controls.services import restoring
from controls.services.arming import arm, disarm
from controls.services.stopping import stop_machine
from optimizer.models import Campaign, Evaluation
from optimizer.services import campaigns
from tests.invariants.failpoints import Failpoints
from tests.invariants.judge import judge
from tests.invariants.stack import Stack
from tests.invariants.story import START, Story
from tests.people import person
from tests.processes import wait_until
from xoptweb.config import config
from xoptweb.errors import Conflict

State = Campaign.State
Final = Campaign.Final
LONG = {"pinned": {"evaluations": 60}}


def test_a_pause_finishes_the_evaluation_and_resuming_goes_on(story: Story) -> None:
    story.run(pinned={"evaluations": 12})
    story.until_evaluations(2)
    campaigns.pause(story.campaign, by=story.actor(story.operator))
    story.until(State.PAUSED)
    assert not [e for e in story.evaluations if e.state in {"asked", "measuring"}]
    standing = story.setpoints()
    campaigns.resume(story.campaign, by=story.actor(story.operator))
    story.until(State.EXECUTING, State.FINISHED, State.RUNNING, State.RESTORING)
    assert standing != START
    assert story.until_at_rest().state == State.FINISHED
    assert len([e for e in story.evaluations if e.state == "completed"]) == 12
    judge(story)


def test_a_long_pause_releases_the_worker_and_resuming_replays(story: Story) -> None:
    story.run(pinned={"evaluations": 8})
    story.until_evaluations(3)
    campaigns.pause(story.campaign, by=story.actor(story.operator))
    story.until(State.PAUSED)
    wait_until(lambda: story.parked, 20, what="parking")
    standing = story.setpoints()
    campaigns.resume(story.campaign, by=story.actor(story.operator))
    assert story.until_at_rest().state == State.FINISHED
    assert story.execution.attempts.count() == 2
    assert len([e for e in story.evaluations if e.state == "completed"]) == 8
    assert standing != START
    judge(story)


def test_stop_during_a_long_pause_restores(story: Story, stack: Stack) -> None:
    story.run(**LONG)
    story.until_evaluations(2)
    campaigns.pause(story.campaign, by=story.actor(story.operator))
    wait_until(lambda: story.parked, 20, what="parking")
    stop_machine(stack.machine, by=story.actor(story.operator))
    assert story.until_at_rest().state == State.STOPPED
    assert story.campaign.final == Final.RESTORED
    judge(story)


def test_stop_restores_and_nothing_moves_on(story: Story, stack: Stack) -> None:
    story.run(**LONG)
    story.until_evaluations(3)
    stop_machine(stack.machine, by=story.actor(story.operator), reason="beam loss")
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.STOPPED, Final.RESTORED)
    judge(story)


def test_the_stop_file_alone_stops(story: Story, stack: Stack) -> None:
    story.run(**LONG)
    story.until_evaluations(2)
    stopfile.pull(config().home, stack.machine.slug, by="a shell", reason="the web is down")
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.STOPPED, Final.RESTORED)
    judge(story)


def test_stop_interrupts_a_put_that_waits(story: Story, stack: Stack, failpoints: Failpoints) -> None:
    story.request(**LONG)
    failpoints.arm(Failpoint.INTENT_PUT, nth=3)
    story.approve()
    failpoints.wait()
    stack.ioc.freeze()
    failpoints.release()
    stop_machine(stack.machine, by=story.actor(story.operator))
    story.until(State.RESTORING)
    stack.ioc.thaw()
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.STOPPED, Final.RESTORED)
    judge(story)


def test_disarming_freezes_everything_until_a_person_arms_and_confirms(story: Story, stack: Stack) -> None:
    ada = person(f"ada-{story.mark}-{id(story)}", "administrator")
    story.run(**LONG)
    story.until_evaluations(3)
    disarm(Machine.objects.get(pk=stack.machine.pk), by=story.actor(ada), reason="the test says so")
    wait_until(lambda: Lease.objects.filter(state=Lease.State.WAITING).exists(), 20, what="a waiting restore")
    frozen = story.setpoints()
    wait_until(lambda: story.says(Final.NOT_RESTORED), 10, what="the campaign to say that it is not restored")
    assert ChannelLock.objects.count() == len(START)
    count = len(story.puts())
    arm(Machine.objects.get(pk=stack.machine.pk), by=story.actor(story.approver))
    lease = Lease.objects.get(state=Lease.State.WAITING)
    assert (story.setpoints(), len(story.puts())) == (frozen, count)
    restoring.confirm(lease, by=story.actor(story.operator))
    campaign = story.until_at_rest()
    assert campaign.final == Final.RESTORED
    judge(story)


def test_somebody_elses_put_pauses_and_asks_and_is_never_overwritten(
    story: Story, stack: Stack, failpoints: Failpoints
) -> None:
    story.request(**LONG)
    failpoints.arm(Failpoint.COMPLETED, nth=3)
    story.approve()
    failpoints.wait()
    story.outside.put(story.channels["Q2"].address, -4.125)
    failpoints.release()
    story.until(State.PAUSED)
    assert "somebody else" in story.campaign.message
    assert story.setpoints()["Q2"] == -4.125
    stop_machine(stack.machine, by=story.actor(story.operator))
    story.until(*Campaign.FINAL)
    setpoints = story.setpoints()
    assert setpoints["Q2"] == -4.125
    assert (setpoints["Q1"], setpoints["Q3"]) == (START["Q1"], START["Q3"])
    assert story.campaign.final == Final.NOT_RESTORED
    assert ChannelLock.objects.filter(channel=story.channels["Q2"]).exists()
    lease = Lease.objects.get(state=Lease.State.WAITING)
    assert lease.restores.order_by("-pk")[0].state == Restore.State.PARTIAL
    restoring.confirm(lease, by=story.actor(story.operator), also_foreign=True)
    assert story.until_at_rest().final == Final.RESTORED
    assert story.setpoints() == START


def test_the_best_point_is_where_an_approved_end_leaves_the_machine(story: Story) -> None:
    story.run(end="best", pinned={"evaluations": 6, "confirmations": 2})
    campaign = story.until_at_rest()
    completed = [e for e in story.evaluations if e.state == "completed" and e.objective is not None]
    learnt = [e for e in completed if e.source != Evaluation.Source.CONFIRMATION]
    best = min(learnt, key=lambda e: e.objective or 0.0)
    assert campaign.final in {Final.BEST, Final.RESTORED}
    assert story.setpoints() == (best.inputs if campaign.final == Final.BEST else START)
    judge(story)


def test_time_that_is_used_up_ends_it_as_approved_and_every_page_says_so(story: Story) -> None:
    story.run(pinned={"evaluations": 60, "seconds": 1.0})
    campaign = story.until_at_rest()
    made = len(story.evaluations)
    assert 0 < made < 60
    assert (campaign.state, campaign.final) == (State.FINISHED, Final.RESTORED)
    assert f"Approved time used up after {made} evaluation" in campaign.message
    assert f"The approved time is used up ({made} of 60 evaluations)." in story.execution.message
    assert story.execution.code == "budget_time"
    judge(story)


def test_an_ioc_that_goes_away_ends_it_and_the_way_back_waits_until_it_answers(
    story: Story, stack: Stack, failpoints: Failpoints
) -> None:
    story.request(**LONG)
    failpoints.arm(Failpoint.INTENT_PUT, nth=2)
    story.approve()
    failpoints.wait()
    stack.ioc.kill()
    try:
        failpoints.release()
        wait_until(lambda: story.heard("Not restored yet: Retrying"), 30, what="the campaign to say what it waits for")
        assert story.says(Final.NOT_RESTORED)
        assert ChannelLock.objects.count() == len(START)
    finally:
        story.restart_ioc()
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.FAILED, Final.RESTORED)
    assert story.setpoints() == START
    judge(story)


def test_an_ioc_that_restarts_with_other_values_pauses_it_and_a_resume_goes_on_from_there(
    story: Story, stack: Stack
) -> None:
    story.run(pinned={"evaluations": 6})
    story.until_evaluations(2)
    campaigns.pause(story.campaign, by=story.actor(story.operator))
    wait_until(lambda: story.parked, 20, what="parking")
    assert story.setpoints() != START
    stack.ioc.kill()
    story.restart_ioc()
    campaigns.resume(story.campaign, by=story.actor(story.operator))
    wait_until(lambda: story.heard("somebody else moved it"), 30, what="the campaign to say what it found")
    assert story.setpoints() == START
    story.until(State.PAUSED)
    campaigns.resume(story.campaign, by=story.actor(story.operator))
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.FINISHED, Final.RESTORED)
    judge(story)


# -- what was approved, or nothing


def test_a_machine_that_moved_since_it_was_approved_is_not_touched(story: Story) -> None:
    story.request()
    story.outside.put(story.channels["Q1"].address, 12.0)
    count = len(story.puts())
    assert refusal_of(story) == "start_changed"
    assert len(story.puts()) == count


def test_changed_content_never_runs(story: Story) -> None:
    story.request()
    approval = story.approval
    content = {**approval.content, "evaluations": 9999}
    type(approval).objects.filter(pk=approval.pk).update(content=content)
    count = len(story.puts())
    with pytest.raises(Conflict, match="changed"):
        story.approve()
    assert len(story.puts()) == count


def refusal_of(story: Story) -> str:
    """The code with which it was refused: when it was decided, or when it was to begin."""
    try:
        story.approve()
    except Conflict as conflict:
        return conflict.code
    story.until(State.FAILED)
    return story.execution.code
