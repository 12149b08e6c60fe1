"""The work of agents, and what is done every so often."""

from collections.abc import Mapping
from typing import Any

from agents.services import artifacts, conversations, lost, memories, removing, retention
from xoptweb.errors import Conflict
from xoptweb.work.registry import periodic, task
from xoptweb.work.services import enqueue

FORGET_EVERY_S = 60.0
SWEEP_EVERY_S = 600.0
FIND_LOST_EVERY_S = 5.0


def _turn_failed(arguments: Mapping[str, Any], error: str) -> None:
    conversations.give_up(arguments["turn"], error)


@task("agents.turn", failed=_turn_failed)
def turn(turn: int) -> None:
    from agents.loop.turn import run  # only a worker that thinks loads what that needs

    run(turn)


@task("agents.embed")
def embed(memory: int) -> None:
    """A memory for which no budget is left today gets its vector tomorrow; its words find it meanwhile."""
    from agents.gateway import budgets
    from agents.memory.meanings import remember
    from agents.models import Memory

    row = Memory.objects.select_related("owner").filter(pk=memory).first()
    if row is None:
        return
    try:
        remember(row)
    except Conflict:
        due_at = budgets.renewed_at()
        key = f"embed:{memory}:{due_at:%Y-%m-%d}"
        enqueue("agents.embed", {"memory": memory}, queue=memories.QUEUE, key=key, due_at=due_at)


@task(removing.TASK)
def remove_conversation(conversation: int) -> None:
    removing.remove(conversation)


@periodic("agents.find_deleted", FORGET_EVERY_S)
def find_deleted_conversations() -> None:
    removing.find_marked()


@periodic("agents.find_lost", FIND_LOST_EVERY_S)
def find_lost_turns() -> None:
    lost.find_lost()


@periodic("agents.forget_artifacts", FORGET_EVERY_S)
def forget_artifacts() -> None:
    artifacts.forget_old()


@periodic("agents.sweep_artifacts", SWEEP_EVERY_S)
def sweep_artifacts() -> None:
    artifacts.sweep()


@periodic("agents.forget_calls", FORGET_EVERY_S)
def forget_calls() -> None:
    retention.forget_calls()
