"""What the gate does while the database does not answer what must hold before a put."""

from collections.abc import Callable
from typing import Any

import pytest
from django.db import Error, InterfaceError, OperationalError

from controls.gate import now
from controls.gate.codes import Code
from controls.gate.writer import Writer
from controls.models import Write
from tests.controls.gate.conftest import World

Outcome = Write.Outcome
AWAY = [OperationalError("the server closed the connection"), InterfaceError("the connection is closed")]


def first_time(meanwhile: Callable[[], Any], error: Error) -> Callable[[int], now.Now]:
    """The gate's question, which the first time is not answered, while something happens."""
    asked: list[int] = []
    read = now.read

    def answer(lease_id: int) -> now.Now:
        asked.append(lease_id)
        if len(asked) == 1:
            meanwhile()
            raise error
        return read(lease_id)

    return answer


@pytest.fixture
def alone(writer: Writer, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nobody but the gate asks: the threads beside the writer have closed."""
    monkeypatch.setattr("controls.leases.upkeep.Upkeep._ask", lambda _: None)


@pytest.mark.parametrize("error", AWAY)
@pytest.mark.parametrize("way_back", [False, True])
def test_a_database_that_fails_once_is_asked_again(
    world: World, writer: Writer, alone: None, monkeypatch: pytest.MonkeyPatch, error: Error, *, way_back: bool
) -> None:
    writer.move({world.q1.pk: 11.0})
    monkeypatch.setattr(now, "read", first_time(lambda: None, error))
    result = writer.restore_step(world.q1.pk) if way_back else writer.move({world.q1.pk: 12.0})[world.q1.pk]
    assert result.outcome == Outcome.CONFIRMED
    assert writer.standing.database_trouble_since is not None, "so that the campaign can say it"


def test_who_moves_a_channel_while_the_database_is_away_is_not_overwritten(
    world: World, writer: Writer, alone: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved = first_time(lambda: world.outside.put(world.q1.address, 3.21), AWAY[0])
    monkeypatch.setattr(now, "read", moved)
    result = writer.move({world.q1.pk: 12.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Outcome.CONFLICT, Code.FOREIGN_WRITE)
    assert world.setpoint(world.q1) == 3.21


@pytest.mark.parametrize("error", AWAY)
def test_a_database_that_stays_away_until_the_lease_ends_has_nothing_put(
    world: World, writer: Writer, alone: None, monkeypatch: pytest.MonkeyPatch, error: Error
) -> None:
    def away(_: int) -> now.Now:
        writer.standing._deadline = 0.0  # long ago
        raise error

    monkeypatch.setattr(now, "read", away)
    result = writer.move({world.q1.pk: 12.0})[world.q1.pk]
    assert (result.outcome, result.code) == (Outcome.REFUSED, Code.DATABASE_UNAVAILABLE)
    assert str(error) in result.detail
    assert world.puts() == []
