"""What becomes of the channels of a writer that is gone."""

from collections.abc import Callable
from datetime import timedelta

from django.utils import timezone

from controls.models import ChannelLock, Heartbeat, Lease, Machine, Restore, Write
from controls.services import restoring
from controls.watchdog.heartbeat import Pulse
from controls.watchdog.process import Watchdog
from tests.controls.gate.conftest import World
from tests.processes import wait_until
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.config import config

State = Lease.State


def state(lease: Lease) -> str:
    lease.refresh_from_db()
    return lease.state


def test_what_a_dead_writer_left_is_restored_and_freed(
    world: World, dead: Lease, watch: Callable[[], Watchdog]
) -> None:
    watch()
    wait_until(lambda: state(dead) == State.RELEASED, 15, what="the release")
    assert world.setpoint(world.q1) == 10.0
    assert world.puts() == [("Q1", 13.0), ("Q1", 10.0)]
    assert dead.restores.get().state == Restore.State.DONE
    assert not ChannelLock.objects.exists()


def test_the_channels_stay_locked_until_the_ioc_has_been_quiet(
    world: World, dead: Lease, watch: Callable[[], Watchdog]
) -> None:
    watch()
    wait_until(lambda: state(dead) == State.QUIET, 15, what="the restore")
    assert world.setpoint(world.q1) == 10.0
    assert ChannelLock.objects.count() == 2


def test_a_put_that_lands_after_the_restore_is_undone(world: World, dead: Lease, watch: Callable[[], Watchdog]) -> None:
    Write.objects.create(
        lease=dead, token=dead.token, channel=world.q1, sequence=50, purpose="evaluate", before=13.0, value=14.5
    )
    watch()
    wait_until(lambda: state(dead) == State.QUIET, 15, what="the first restore")
    world.outside.put(world.q1.address, 14.5)  # what the dead writer had sent
    wait_until(lambda: state(dead) == State.RELEASED, 20, what="the release")
    assert world.setpoint(world.q1) == 10.0
    assert world.puts()[-1] == ("Q1", 10.0)


def test_nothing_moves_by_itself_after_a_night_without_power(
    world: World, dead: Lease, watch: Callable[[], Watchdog], olga: User
) -> None:
    long_ago = timezone.now() - timedelta(seconds=config().lease_automatic_s + 5)
    Lease.objects.filter(pk=dead.pk).update(renewed_at=long_ago)
    watch()
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting for a person")
    assert world.setpoint(world.q1) == 13.0
    assert ChannelLock.objects.count() == 2
    restoring.confirm(dead, by=Actor(olga, via="web", confirmed_at=timezone.now()))
    wait_until(lambda: state(dead) == State.RELEASED, 15, what="the release")
    assert world.setpoint(world.q1) == 10.0


def test_an_ioc_that_is_away_is_waited_for(world: World, dead: Lease, watch: Callable[[], Watchdog]) -> None:
    world.ioc.freeze()
    watch()
    wait_until(lambda: dead.restores.filter(items__outcome="unreachable").exists(), 40, what="an unreachable channel")
    assert ChannelLock.objects.count() == 2
    world.ioc.thaw()
    wait_until(lambda: state(dead) == State.RELEASED, 30, what="the release")
    assert world.setpoint(world.q1) == 10.0


def test_a_person_can_accept_where_the_channels_are(
    world: World, dead: Lease, watch: Callable[[], Watchdog], peter: User
) -> None:
    Machine.objects.update(armed=False)
    watch()
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting for a person")
    count = len(world.puts())
    restoring.accept(dead, "the beam is better so", by=Actor(peter, via="web", confirmed_at=timezone.now()))
    assert (state(dead), len(world.puts())) == (State.RELEASED, count)
    assert not ChannelLock.objects.exists()


def test_of_two_watchdogs_one_acts(world: World) -> None:
    """The world's own pulse acts; a second one, as on another host, stands by until the first falls silent."""
    Heartbeat.objects.filter(machine=world.machine).update(process="elsewhere:1:1", beat=7)
    second = Pulse(world.machine)
    second._beat()
    assert not second.acting.is_set()
    second._seen = (second._seen[0], second._seen[1] - config().heartbeat_max_age_s - 1)
    second._beat()
    second._beat()
    assert second.acting.is_set()
