"""Every failpoint × the broker or the database away for a moment: what moves goes on, and its campaign says so."""

import time
from collections.abc import Iterator

import pytest

from controls.failpoints import Failpoint
from optimizer.models import Campaign, Execution
from tests import environment
from tests.brokers import Broker
from tests.invariants.failpoints import Failpoints
from tests.invariants.judge import judge
from tests.invariants.locked import Locked
from tests.invariants.moments import begin
from tests.invariants.stack import Stack
from tests.invariants.story import Story
from tests.processes import wait_until

LOCKED_S = 2.0
OUTLASTS_IT = {"XOPTWEB_LEASE_DURATION_S": str(4 * LOCKED_S)}


@pytest.fixture(scope="module")
def with_long_leases(stack: Stack) -> Iterator[None]:
    """A lease that lasts longer than the database is locked, for as long as these tests run."""
    worker = f"worker-control-{stack.machine.slug}"
    stack.restart(worker, **OUTLASTS_IT)
    yield
    stack.restart(worker)


def went_on(story: Story, point: Failpoint) -> Campaign:
    """The campaign at rest, whose only attempt came to its end."""
    campaign = story.until_at_rest()
    stopped = point == Failpoint.RESTORE_STEP
    assert campaign.state == (Campaign.State.STOPPED if stopped else Campaign.State.FINISHED), campaign.message
    assert campaign.final == Campaign.Final.RESTORED
    assert story.execution.attempts.count() == 1
    return campaign


@pytest.mark.skipif(environment.SERVICES, reason="PostgreSQL locks rows, not the whole database")
@pytest.mark.parametrize("point", list(Failpoint))
def test_a_database_that_is_locked_for_some_seconds_is_waited_for_and_said(
    story: Story, stack: Stack, failpoints: Failpoints, with_long_leases: None, point: Failpoint
) -> None:
    begin(story, stack, failpoints, point)
    with Locked():
        failpoints.release()
        time.sleep(LOCKED_S)  # what is tested is the passing of this time
    went_on(story, point)
    if point != Failpoint.RESTORE_STEP:  # nothing but the way back was left to wait
        assert story.heard("The database did not take changes for")
    judge(story)


@pytest.mark.parametrize("point", list(Failpoint))
def test_a_broker_that_dies_is_not_missed_by_what_moves(
    story: Story, stack: Stack, failpoints: Failpoints, running_broker: Broker, point: Failpoint
) -> None:
    begin(story, stack, failpoints, point)
    running_broker.kill()
    try:
        failpoints.release()
        ended = Execution.objects.filter(pk=story.execution.pk, state=Execution.State.ENDED)
        wait_until(ended.exists, 60, what="the end of the execution, without the broker")
    finally:
        running_broker.start()
    went_on(story, point)
    judge(story)
