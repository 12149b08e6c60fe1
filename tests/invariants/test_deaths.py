"""Every failpoint × how the writer or the IOC fails there."""

import os
import signal
import time
from contextlib import suppress

import pytest

from controls.failpoints import Failpoint
from controls.models import Lease
from optimizer.models import Campaign
from tests.invariants.failpoints import Failpoints
from tests.invariants.judge import judge
from tests.invariants.locked import nobody_writes
from tests.invariants.moments import begin
from tests.invariants.stack import FAST, Stack
from tests.invariants.story import Story
from tests.processes import wait_until
from xoptweb.work.process import alive

PAST_THE_LEASE_S = float(FAST["XOPTWEB_LEASE_DURATION_S"]) + 1.0
FROZEN_S = float(FAST["XOPTWEB_PUT_TIMEOUT_S"]) + 0.7


@pytest.mark.parametrize("point", list(Failpoint))
def test_a_killed_writer_leaves_no_trace_but_its_record(
    story: Story, stack: Stack, failpoints: Failpoints, point: Failpoint
) -> None:
    pid = begin(story, stack, failpoints, point)
    os.kill(pid, signal.SIGKILL)
    failpoints.release()
    campaign = story.until_at_rest()
    if point == Failpoint.RESTORE_STEP:
        assert campaign.state == Campaign.State.STOPPED
    else:
        assert campaign.state == Campaign.State.FINISHED, campaign.message
        assert story.execution.attempts.count() == 2
        assert story.heard("Interrupted: the process that was writing died")
    assert campaign.final == Campaign.Final.RESTORED
    judge(story)


@pytest.mark.parametrize("point", list(Failpoint))
def test_a_writer_frozen_past_its_lease_never_writes_again(
    story: Story, stack: Stack, failpoints: Failpoints, point: Failpoint
) -> None:
    pid = begin(story, stack, failpoints, point, after_crash="restore")
    os.kill(pid, signal.SIGSTOP)
    failpoints.release()
    time.sleep(PAST_THE_LEASE_S)  # what is tested is the passing of this time
    with suppress(ProcessLookupError):  # the watchdog killed it
        os.kill(pid, signal.SIGCONT)
    campaign = story.until_at_rest()
    assert campaign.state in {Campaign.State.FAILED, Campaign.State.STOPPED}
    assert campaign.final == Campaign.Final.RESTORED
    judge(story)


@pytest.mark.parametrize("point", list(Failpoint))
def test_a_frozen_writer_that_nobody_can_kill_puts_nothing_when_it_wakes(
    story: Story, stack: Stack, failpoints: Failpoints, point: Failpoint
) -> None:
    """As on another host than the watchdog's: the fencing token and the writer's own clock are all there is."""
    pid = begin(story, stack, failpoints, point, after_crash="restore")
    writer = story.execution.attempts.latest("number").process
    with nobody_writes():
        os.kill(pid, signal.SIGSTOP)
    try:
        Lease.objects.filter(correlation=f"campaign:{story.campaign.pk}").update(process="elsewhere:1:1")
        campaign = story.until_at_rest()
        count, record = len(story.puts()), (campaign.state, campaign.final, campaign.message)
        assert alive(writer), "it was frozen, not killed"
    finally:
        failpoints.release()
        os.kill(pid, signal.SIGCONT)
    wait_until(lambda: not alive(writer), 30, what="the end of the writer that woke")
    assert len(story.puts()) == count
    assert campaign.final == Campaign.Final.RESTORED
    campaign.refresh_from_db()
    assert (campaign.state, campaign.final, campaign.message) == record
    judge(story)


@pytest.mark.parametrize("point", list(Failpoint))
def test_an_ioc_that_freezes_and_thaws_ends_where_the_record_says(
    story: Story, stack: Stack, failpoints: Failpoints, point: Failpoint
) -> None:
    begin(story, stack, failpoints, point)
    stack.ioc.freeze()
    failpoints.release()
    time.sleep(FROZEN_S)  # what is tested is the passing of this time
    stack.ioc.thaw()
    campaign = story.until_at_rest()
    assert campaign.final == Campaign.Final.RESTORED
    judge(story)
