"""The work of agents, and what is done every so often."""

from collections.abc import Mapping
from typing import Any

from agents.services import conversations, lost, retention
from xoptweb.work.registry import periodic, task

FORGET_EVERY_S = 60.0
FIND_LOST_EVERY_S = 5.0


def _turn_failed(arguments: Mapping[str, Any], error: str) -> None:
    conversations.give_up(arguments["turn"], error)


@task("agents.turn", failed=_turn_failed)
def turn(turn: int) -> None:
    from agents.loop.turn import run  # only a worker that thinks loads what that needs

    run(turn)


@task("agents.embed")
def embed(memory: int) -> None:
    from agents.memory.meanings import remember
    from agents.models import Memory

    row = Memory.objects.select_related("owner").filter(pk=memory).first()
    if row is not None:
        remember(row)


@periodic("agents.find_lost", FIND_LOST_EVERY_S)
def find_lost_turns() -> None:
    lost.find_lost()


@periodic("agents.forget_calls", FORGET_EVERY_S)
def forget_calls() -> None:
    retention.forget_calls()
