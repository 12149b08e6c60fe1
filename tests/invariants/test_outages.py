"""The broker and the database away and back, in the middle of an execution."""

import time

import pytest
from django.db import connection

from controls import journal
from controls.services.stopping import stop_machine
from optimizer.models import Campaign
from tests import environment
from tests.brokers import Broker
from tests.invariants.judge import judge
from tests.invariants.locked import Locked
from tests.invariants.stack import FAST, Stack
from tests.invariants.story import START, Story
from tests.processes import wait_until

State = Campaign.State
Final = Campaign.Final


def test_without_the_broker_an_execution_goes_on_and_its_analysis_comes_when_the_broker_is_back(
    story: Story, running_broker: Broker
) -> None:
    story.run(pinned={"evaluations": 8})
    story.until_evaluations(2)
    running_broker.kill()
    try:
        story.until_evaluations(6)
    finally:
        running_broker.start()
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.FINISHED, Final.RESTORED)
    judge(story)


@pytest.mark.skipif(environment.SERVICES, reason="PostgreSQL locks rows, not the whole database")
def test_a_database_locked_past_the_lease_restores_from_memory(story: Story) -> None:
    story.run(pinned={"evaluations": 60}, after_crash="restore")
    story.until_evaluations(2)
    with Locked():
        deadline = time.monotonic() + float(FAST["XOPTWEB_LEASE_DURATION_S"]) + 6
        while story.setpoints() != START and time.monotonic() < deadline:
            time.sleep(0.05)
        restored_while_locked = story.setpoints() == START
    campaign = story.until_at_rest()
    assert restored_while_locked
    assert campaign.final == Final.RESTORED
    assert story.heard("Interrupted: "), "by its writer, or by the watchdog where that was faster"
    assert list(journal.directory().glob("*.imported"))
    judge(story)


@pytest.mark.skipif(not environment.SERVICES, reason="SQLite has no server that could go away")
def test_a_database_whose_connections_are_cut_is_found_again(story: Story, stack: Stack) -> None:
    story.run(pinned={"evaluations": 8})
    story.until_evaluations(2)
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    campaign = story.until_at_rest()
    assert (campaign.state, campaign.final) == (State.FINISHED, Final.RESTORED), campaign.message
    judge(story)


def test_a_stop_needs_no_broker(story: Story, stack: Stack, running_broker: Broker) -> None:
    story.run(pinned={"evaluations": 60})
    story.until_evaluations(2)
    running_broker.kill()
    try:
        stop_machine(stack.machine, by=story.actor(story.operator))
        wait_until(lambda: story.setpoints() == START, 30, what="the way back")
    finally:
        running_broker.start()
    assert story.until_at_rest().final == Final.RESTORED
    judge(story)
