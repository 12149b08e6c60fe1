"""STOP against what others do to the same rows in the same moment."""

import threading
from collections.abc import Callable

import pytest
from django.db import connection, connections

from controls.leases.end import release
from controls.models import Lease
from controls.services.stopping import stop_machine
from optimizer.execution import conclude
from optimizer.execution.states import announce
from optimizer.models import Campaign, Execution
from optimizer.services import campaigns
from tests.optimizer.world import acting, executing, load_demo
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.states import move
from xoptweb.transactions import transaction

pytestmark = pytest.mark.django_db(transaction=True)

WAITING = "select count(*) from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'"


class Running:
    """Something done in a thread, with a database connection of its own."""

    def __init__(self, call: Callable[[], object]) -> None:
        self._call = call
        self._error: BaseException | None = None
        self._thread = threading.Thread(target=self._run)
        self._thread.start()

    def _run(self) -> None:
        try:
            self._call()
        except BaseException as error:  # noqa: BLE001 - raised again where it is waited for
            self._error = error
        finally:
            connections.close_all()

    def wait(self) -> None:
        self._thread.join(30)
        assert not self._thread.is_alive()
        if self._error is not None:
            raise self._error

    def blocked(self) -> bool:
        """Whether the database holds it back, or it has ended."""
        if not self._thread.is_alive() or connection.vendor == "sqlite":
            return True  # SQLite has one writer at a time: it waits, or was there before
        with connection.cursor() as cursor:
            cursor.execute(WAITING)
            return bool(cursor.fetchone()[0])


def meanwhile(first: Callable[[], object], stop: Callable[[], object], then: Callable[[], object]) -> None:
    """In one transaction `first` and `then`; `stop` begins between them."""
    stopping: list[Running] = []
    with transaction("what a worker does"):
        first()
        stopping.append(Running(stop))
        if connection.vendor != "sqlite":
            threads = stopping[0]
            observer = Running(lambda: wait_until(threads.blocked, 10))
            observer.wait()
        then()
    stopping[0].wait()


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
