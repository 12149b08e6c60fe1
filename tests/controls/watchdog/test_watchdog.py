"""What becomes of the channels of a writer that is gone."""

import math
from collections.abc import Callable
from datetime import timedelta

import pytest
from django.db import OperationalError
from django.utils import timezone

from controls.gate.standing import Standing
from controls.leases.grant import beat_age_s
from controls.models import ChannelLock, Heartbeat, Lease, Machine, Restore, Write
from controls.services import restoring
from controls.watchdog import keeper, takeover
from controls.watchdog.heartbeat import Pulse
from controls.watchdog.process import Watchdog
from controls.watchdog.takeover import Renewals, take
from tests import processes
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


def left_in(lease: Lease, in_state: str, *, night: bool) -> None:
    """A watchdog had the lease in that state when it ended, just now or a night ago."""
    at = timezone.now() - timedelta(seconds=config().lease_automatic_s + 5 if night else 5)
    Lease.objects.filter(pk=lease.pk).update(state=in_state, renewed_at=at, process="here:999999999:1")


def test_a_way_back_that_a_night_without_power_cut_off_goes_on_when_a_person_says_so(
    world: World, dead: Lease, watch: Callable[[], Watchdog], olga: User
) -> None:
    left_in(dead, State.RESTORING, night=True)
    watch()
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting for a person")
    assert world.setpoint(world.q1) == 13.0
    restoring.confirm(dead, by=Actor(olga, via="web", confirmed_at=timezone.now()))
    wait_until(lambda: state(dead) == State.RELEASED, 15, what="the release")
    assert world.setpoint(world.q1) == 10.0


def test_a_way_back_that_a_restart_cut_off_goes_on(world: World, dead: Lease, watch: Callable[[], Watchdog]) -> None:
    left_in(dead, State.RESTORING, night=False)
    watch()
    wait_until(lambda: state(dead) == State.RELEASED, 15, what="the release")
    assert world.setpoint(world.q1) == 10.0


def test_after_a_night_not_even_a_late_put_is_undone_unasked(
    world: World, dead: Lease, watch: Callable[[], Watchdog]
) -> None:
    Write.objects.create(
        lease=dead, token=dead.token, channel=world.q1, sequence=50, purpose="evaluate", before=13.0, value=14.5
    )
    left_in(dead, State.QUIET, night=True)
    world.outside.put(world.q1.address, 14.5)
    count = len(world.puts())
    watch()
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting for a person")
    assert len(world.puts()) == count


def test_a_lease_that_is_looked_after_does_not_grow_old(
    world: World, dead: Lease, watch: Callable[[], Watchdog], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(keeper, "ATTENDED_S", 0.1)
    world.ioc.freeze()
    watch()
    wait_until(lambda: state(dead) == State.RESTORING, 15, what="a way back that waits for the IOC")
    before = dead.renewed_at
    wait_until(lambda: state(dead) == State.RESTORING and dead.renewed_at > before, 15, what="a sign of attention")
    world.ioc.thaw()
    wait_until(lambda: state(dead) == State.RELEASED, 30, what="the release")


def test_a_clock_that_lost_its_time_with_the_power_moves_nothing_by_itself(
    world: World, dead: Lease, watch: Callable[[], Watchdog]
) -> None:
    Lease.objects.filter(pk=dead.pk).update(renewed_at=timezone.now() + timedelta(days=400))
    watch()
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting for a person")
    assert world.setpoint(world.q1) == 13.0


def test_a_clock_that_jumps_does_not_decide_where_the_writer_was_seen_alive(dead: Lease) -> None:
    seen = Renewals()
    assert seen.silence_s(dead) == 0.0
    assert seen.gone_s(dead) is None
    dead.renewals += 1
    seen.silence_s(dead)
    gone_s = seen.gone_s(dead)
    assert gone_s is not None
    Lease.objects.filter(pk=dead.pk).update(renewed_at=timezone.now() - timedelta(days=1))
    taken = take(Lease.objects.select_related("machine").get(pk=dead.pk), "it died", gone_s=gone_s)
    assert taken is not None
    assert taken.state == State.RESTORING


def test_a_heartbeat_from_the_future_counts_only_once_the_next_is_seen() -> None:
    now = timezone.now()
    assert beat_age_s(Heartbeat(at=now + timedelta(hours=1))) == math.inf
    assert beat_age_s(Heartbeat(at=now + timedelta(seconds=0.5))) == 0.0
    assert 3 <= beat_age_s(Heartbeat(at=now - timedelta(seconds=3))) < math.inf
    standing = Standing(10, 1)
    standing.heartbeat(7, math.inf)
    assert standing.watchdog_silence_s() == math.inf
    standing.heartbeat(8)
    assert standing.watchdog_silence_s() < math.inf


def test_a_writer_that_dies_by_itself_while_it_is_taken_is_taken(dead: Lease, monkeypatch: pytest.MonkeyPatch) -> None:
    with processes.running(["true"]) as gone:
        gone.wait()
    monkeypatch.setattr(takeover, "alive", lambda _: True)  # as it looked a moment ago
    Lease.objects.filter(pk=dead.pk).update(process=f"here:{gone.pid}:1")
    taken = take(Lease.objects.select_related("machine").get(pk=dead.pk), "it died")
    assert taken is not None
    assert taken.state == State.RESTORING


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


def test_a_persons_word_is_about_the_value_that_was_shown(
    world: World, dead: Lease, watch: Callable[[], Watchdog], olga: User
) -> None:
    by = Actor(olga, via="web", confirmed_at=timezone.now())
    world.outside.put(world.q1.address, 3.21)
    watch()
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting for a person")
    world.outside.put(world.q1.address, 4.5)  # after the page was looked at
    restoring.confirm(dead, by=by, also_foreign=True)
    wait_until(lambda: dead.restores.filter(state=Restore.State.PARTIAL).count() == 2, 15, what="waiting again")
    assert world.setpoint(world.q1) == 4.5
    wait_until(lambda: state(dead) == State.WAITING, 15, what="waiting again")
    restoring.confirm(dead, by=by, also_foreign=True)
    wait_until(lambda: state(dead) == State.RELEASED, 15, what="the release")
    assert world.setpoint(world.q1) == 10.0


def test_a_watchdog_that_cannot_look_at_the_leases_shows_no_life(
    world: World, watch: Callable[[], Watchdog], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(_: Watchdog) -> None:
        raise OperationalError("no such table")

    watchdog = watch()
    assert watchdog.watches()
    monkeypatch.setattr(Watchdog, "_tick", fails)
    wait_until(lambda: not watchdog.watches(), 10, what="the loop to have failed for a while")
    beats: list[bool] = []
    blind = Pulse(world.machine, watchdog.watches)
    monkeypatch.setattr(blind, "_beat", lambda: beats.append(True))
    monkeypatch.setattr(blind.closing, "wait", lambda _: blind.closing.set())  # one turn
    blind.run()
    assert beats == []


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
