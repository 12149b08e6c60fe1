"""What a part measures in: a home of its own with the whole product running, and the machine of the benchmarks."""

import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bench.machine import Machine
from tests.processes import wait_until
from tests.supervisor.house import House

if TYPE_CHECKING:
    from controls.models import Machine as MachineRow
    from xoptweb.actors import Actor

FACILITY = Path(__file__).with_name("facility.yaml")
SLUG = "bench"
PASSWORD = "measured-with-care-and-patience"  # noqa: S105 - of accounts that live as long as a benchmark
STARTS_S = 60.0
SETTINGS = {"XOPTWEB_DEMO": "false", "XOPTWEB_PORT": "0", "XOPTWEB_LEASE_QUIET_S": "1"}
"""Quiet for 1 s, not 30, after a writer died: so many deaths would take an hour. It is no part of any figure."""


@dataclass
class World:
    directory: Path
    house: House
    machine: Machine
    address: str

    @property
    def row(self) -> "MachineRow":
        from controls.models import Machine

        return Machine.objects.get(slug=SLUG)

    def actor(self, username: str) -> "Actor":
        """A person who has just given the password."""
        from django.utils import timezone

        from xoptweb.accounts.models import User
        from xoptweb.actors import Actor

        return Actor(User.objects.get(username=username), via="web", confirmed_at=timezone.now())


@contextmanager
def world(directory: Path, **settings: str) -> Iterator[World]:
    """The product under `xoptweb up` with the benchmark machine loaded and armed, until the block is left."""
    home = directory / "home"
    choose(home, {**SETTINGS, **settings})
    house = House(home, **SETTINGS, **settings)
    with Machine(directory / "ioc") as machine:
        do(house, "setup")
        do(house, "load", str(FACILITY), "--address-list", "127.0.0.1", "--server-port", str(machine.port))
        people()
        house.start()
        try:
            found = World(directory, house, machine, house.address())
            wait_until(beats, STARTS_S, what="the heartbeats of monitor and watchdog")
            arm(found)
            yield found
        finally:
            house.end()


def choose(home: Path, settings: Mapping[str, str]) -> None:
    """Let this process work on the database of `home`, as a command of the product does."""
    import django

    for name in [name for name in os.environ if name.startswith("XOPTWEB_")]:
        del os.environ[name]
    own = {"XOPTWEB_HOME": str(home), "XOPTWEB_ROLE": "command", "DJANGO_SETTINGS_MODULE": "xoptweb.settings"}
    os.environ |= {**own, **settings}
    home.mkdir(parents=True, exist_ok=True)
    django.setup()


def do(house: House, *words: str) -> None:
    """Run a command of the product.

    Raises:
        RuntimeError: it failed; with what it said.
    """
    done = house.command(*words)
    if done.returncode:
        raise RuntimeError(f"xoptweb {words[0]} failed: {done.stderr}{done.stdout}")


def people() -> None:
    """One who operates and one who approves."""
    from xoptweb.accounts.people import create
    from xoptweb.actors import system

    create("olga", roles=["operator"], by=system("bench"), password=PASSWORD)
    create("peter", roles=["physicist"], by=system("bench"), password=PASSWORD)


def beats() -> bool:
    from datetime import timedelta

    from django.utils import timezone

    from controls.models import Heartbeat

    fresh = Heartbeat.objects.filter(machine__slug=SLUG, at__gt=timezone.now() - timedelta(seconds=2))
    return fresh.count() == len(Heartbeat.Role.choices)


def arm(world: World) -> None:
    from controls.services.arming import arm

    arm(world.row, by=world.actor("peter"))


def now() -> float:
    """The clock that all processes of this host, and the IOC's log, share; seconds."""
    return time.monotonic()
