"""STOP against what others do to the same rows in the same moment."""

import pytest

from controls.leases.end import release
from controls.models import Lease
from controls.services.stopping import stop_machine
from optimizer.execution import conclude
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from optimizer.services import campaigns
from tests.optimizer.world import acting, executing, load_demo
from tests.races import meanwhile
from xoptweb.accounts.models import User
from xoptweb.states import move

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def execution(olga: User) -> Execution:
    load_demo()
    return executing(olga)


def test_a_machine_is_stopped_while_its_worker_pauses(execution: Execution, olga: User) -> None:
    campaign, machine = execution.iteration.campaign, execution.iteration.campaign.environment.machine
    meanwhile(
        lambda: move(execution, Execution.State.PAUSED, pause_requested=True),
        lambda: stop_machine(machine, by=acting(olga)),
        lambda: announce(campaign, Campaign.State.PAUSED, "Paused by peter."),
    )
    execution.refresh_from_db()
    assert execution.stop_requested
    assert execution.state == Execution.State.PAUSED
    assert Lease.objects.get().stop_requested


def test_a_campaign_is_stopped_while_its_worker_pauses(execution: Execution, olga: User) -> None:
    campaign = execution.iteration.campaign
    meanwhile(
        lambda: move(execution, Execution.State.PAUSED, pause_requested=True),
        lambda: campaigns.stop(Campaign.objects.get(), by=acting(olga)),
        lambda: announce(campaign, Campaign.State.PAUSED, "Paused by peter."),
    )
    execution.refresh_from_db()
    assert execution.stop_requested
    assert Lease.objects.get().stop_requested


def test_a_campaign_is_stopped_while_its_execution_ends(execution: Execution, olga: User) -> None:
    lease = execution.lease
    assert lease is not None
    meanwhile(
        lambda: release(lease),
        lambda: campaigns.stop(Campaign.objects.get(), by=acting(olga)),
        lambda: conclude.end(execution, Execution.Ending.COMPLETED, Campaign.Final.BEST, "Done."),
    )
    execution.refresh_from_db()
    assert (execution.state, execution.ending) == (Execution.State.ENDED, Execution.Ending.COMPLETED)
    assert Campaign.objects.get().state == Campaign.State.STOPPED
