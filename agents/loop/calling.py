"""Running the tools that a model called, as the person whom it serves."""

import json
import logging
import time
from collections.abc import Callable
from typing import Any

from agents.models import Message, Turn
from xoptweb.actors import Actor
from xoptweb.errors import Problem
from xoptweb.tools import refusals, registry
from xoptweb.tools.serving import serving

logger = logging.getLogger(__name__)

MOST_AT_ONCE = 12
SAME = 2  # times that a call may be made with the same arguments
NO_OBJECT = "The arguments are no JSON object. Write them as the tool's schema says."
CUT = "You were cut off in the middle of this call, so nothing was called. Write less at once."


def outcome(
    turn: Turn, call: dict[str, Any], by: Actor, *, place: int, before: list[Message], cancelled: Callable[[], bool]
) -> tuple[Any, bool, float]:
    """The result, whether it failed, and how long it took. Whatever goes wrong is a result that says so."""
    if place >= MOST_AT_ONCE:
        return refusals.told(f"More than {MOST_AT_ONCE} calls at once. Call again."), True, 0.0
    if call["arguments"] is None:
        return refusals.told(CUT if call.get("cut") else NO_OBJECT), True, 0.0
    if repeated(call, before) >= SAME:
        return refusals.told("You have made this very call before. Its result is above; do something else."), True, 0.0
    began = time.monotonic()
    try:
        with serving(f"conversation:{turn.conversation_id}", cancelled):
            given = registry.call(call["name"], call["arguments"], by)
    except Problem as problem:
        return refusals.told(problem.message, problem.fields), True, time.monotonic() - began
    except Exception:  # the edge to another app's tool: its bug is told, and the turn goes on
        logger.exception("The tool %s failed in turn %d.", call["name"], turn.pk)
        return refusals.told("The tool failed; the error is in xoptweb's log."), True, time.monotonic() - began
    return given, False, time.monotonic() - began


def repeated(call: dict[str, Any], before: list[Message]) -> int:
    """How often the turn has made this very call."""
    asked = key(call["name"], call["arguments"])
    return sum(key(row.tool, row.arguments) == asked for row in before if row.role == Message.Role.TOOL)


def key(name: str, arguments: Any) -> str:
    return f"{name} {json.dumps(arguments, sort_keys=True)}"
