"""Back to before a campaign: asked for, approved, and brought home by a real watchdog on a real IOC."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from controls.demo.process import DemoIoc
from controls.models import Lease, Machine, Snapshot, SnapshotValue
from controls.services.arming import arm, disarm
from optimizer.models import Campaign, Environment
from optimizer.restoring.begin import begin
from optimizer.services.campaigns import restore_before
from tests import processes
from tests.ca_client import IndependentClient
from tests.optimizer.live_linac import start
from tests.optimizer.world import acting, approve, request
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.approvals.models import Approval
from xoptweb.errors import Conflict, NotAllowed
from xoptweb.work.models import Work

BEFORE = {"Q1": 2.0, "Q2": -9.0, "Q3": 5.0}
Q1 = "LI01:QUAD:01:K1"


@pytest.fixture
def ended(live: Environment, outside: IndependentClient, olga: User) -> Iterator[Campaign]:
    """A campaign that ended with Q1 away from where it was before."""
    campaign = request(olga)
    Work.objects.all().delete()
    snapshot = Snapshot.objects.create(machine=live.machine, label="before")
    for name, value in BEFORE.items():
        channel = live.machine.channels.get(name=name)
        SnapshotValue.objects.create(snapshot=snapshot, channel=channel, value=value)
    Campaign.objects.filter(pk=campaign.pk).update(
        state=Campaign.State.FINISHED, final=Campaign.Final.BEST, start_snapshot=snapshot
    )
    campaign.refresh_from_db()
    outside.put(Q1, 14.0)
    yield campaign
    outside.put(Q1, 10.0)


@pytest.fixture
def watchdog(live: Environment, tmp_path: Path) -> Iterator[None]:
    with (tmp_path / "watchdog.log").open("ab") as log:
        process = start("watchdog", live.machine, log, XOPTWEB_LEASE_QUIET_S="0.2")
    yield
    processes.end(process)


def test_an_approved_restore_brings_back_what_is_away(
    ended: Campaign, watchdog: None, linac: DemoIoc, outside: IndependentClient, olga: User, peter: User
) -> None:
    mark = len(linac.puts(Q1))
    approval = restore_before(ended, by=acting(olga))
    assert [(c["name"], c["now"], c["then"]) for c in approval.content["channels"]] == [("Q1", 14.0, 2.0)]
    with pytest.raises(Conflict, match="waits for an approval already"):
        restore_before(ended, by=acting(olga))
    approve(approval, peter)
    assert Work.objects.get(name="optimizer.restore").arguments == {"approval": approval.pk}
    lease = begin(approval.pk)
    assert lease is not None
    wait_until(lambda: Lease.objects.get(pk=lease.pk).state == Lease.State.RELEASED, 20, what="the release")
    ended.refresh_from_db()
    approval.refresh_from_db()
    assert outside.get(Q1) == 2.0
    assert [put.value for put in linac.puts(Q1)[mark:]] == [9.0, 4.0, 2.0]
    assert (ended.state, ended.final) == (Campaign.State.FINISHED, Campaign.Final.RESTORED)
    assert ended.message == "Restored Q1."
    assert approval.state == Approval.State.USED
    assert begin(approval.pk) is None


def test_nothing_moves_when_the_machine_moved_since_the_approval(
    ended: Campaign, linac: DemoIoc, outside: IndependentClient, olga: User, peter: User
) -> None:
    approval = approve(restore_before(ended, by=acting(olga)), peter)
    outside.put(Q1, 13.0)
    mark = len(linac.puts())
    assert begin(approval.pk) is None
    ended.refresh_from_db()
    approval.refresh_from_db()
    assert "Q1 is 13 now, 14 was shown" in ended.message
    assert (ended.final, approval.state) == (Campaign.Final.BEST, Approval.State.WITHDRAWN)
    assert not Lease.objects.exists()
    assert len(linac.puts()) == mark


def test_a_disarmed_machine_is_not_restored(ended: Campaign, olga: User, peter: User) -> None:
    approval = approve(restore_before(ended, by=acting(olga)), peter)
    Machine.objects.update(armed=False)
    assert begin(approval.pk) is None
    ended.refresh_from_db()
    assert "is not armed" in ended.message
    assert not Lease.objects.exists()


def test_a_restore_that_waited_through_a_disarming_does_not_begin(ended: Campaign, olga: User, peter: User) -> None:
    approval = approve(restore_before(ended, by=acting(olga)), peter)
    disarm(ended.environment.machine, by=acting(peter), reason="somebody is in the tunnel")
    arm(ended.environment.machine, by=acting(peter))
    assert begin(approval.pk) is None
    ended.refresh_from_db()
    assert "disarmed and armed again" in ended.message
    assert not Lease.objects.exists()


def test_a_restore_is_only_asked_for_when_there_is_something_to_restore(
    ended: Campaign, outside: IndependentClient, olga: User, vera: User
) -> None:
    with pytest.raises(NotAllowed):
        restore_before(ended, by=acting(vera))
    outside.put(Q1, 2.0)
    with pytest.raises(Conflict, match="where it was before"):
        restore_before(ended, by=acting(olga))
    ended.start_snapshot = None
    with pytest.raises(Conflict, match="moved nothing"):
        restore_before(ended, by=acting(olga))
    ended.state = Campaign.State.EXECUTING
    with pytest.raises(Conflict, match="still active"):
        restore_before(ended, by=acting(olga))
