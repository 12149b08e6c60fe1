"""The gate's world, and a watchdog that acts in it."""

import threading
from collections.abc import Callable, Iterator

import pytest

from controls.leases.grant import Grant, acquire
from controls.models import Lease
from controls.watchdog.process import Watchdog
from tests.controls.gate.conftest import World, outside, world
from tests.patience import patient
from xoptweb.config import config

__all__ = ["outside", "world"]


@pytest.fixture(autouse=True)
def short_quiet(monkeypatch: pytest.MonkeyPatch) -> None:
    """The IOC counts as quiet after a second."""
    monkeypatch.setitem(config().__dict__, "lease_quiet_s", 1.0)


@pytest.fixture
def dead(world: World) -> Lease:
    """A lease whose writer moved Q1 to 13 and died, which its lock file tells."""
    grant: Grant = acquire(world.want(world.q1, world.q2), world.connector)
    grant.writer.move({world.q1.pk: 13.0})
    grant.writer.record.flush()
    grant.close()
    return Lease.objects.get(pk=grant.lease.pk)


@pytest.fixture
def watch(world: World) -> Iterator[Callable[[], Watchdog]]:
    """Starts the watchdog when the test is ready for it."""
    started: list[tuple[Watchdog, threading.Thread]] = []

    def start() -> Watchdog:
        watchdog = Watchdog(world.machine, world.connector)
        watchdog._pulse.acting.set()  # the world's own pulse beats as this process already
        thread = threading.Thread(target=watchdog.run)
        thread.start()
        started.append((watchdog, thread))
        return watchdog

    yield start
    for watchdog, thread in started:
        watchdog.closing.set()
        thread.join(patient(5))
