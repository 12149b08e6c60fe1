"""Keeping a conversation within what its model can read. Originals stay as they are; only what is told gets shorter."""

import json
from collections.abc import Callable, Sequence

from agents.gateway.asking import ask
from agents.gateway.profiles import Profile
from agents.gateway.request import Cancelled, Cause, Completion, Offered, Request
from agents.gateway.tokens import of_messages, room_for
from agents.loop import history
from agents.models import Message
from agents.prompts.shipped import SUMMARY
from agents.services import prompts
from xoptweb.errors import Conflict, Problem
from xoptweb.plain import storable

SHORT = 900  # characters; results of this length are told as they are
KEPT = 4  # of the newest results, told in full as long as possible
CUT = 500  # characters that are left of a result that nobody can summarise
SUMMARY_TOKENS = 250
LEFT_OUT = "Earlier parts of this conversation are left out here, as they are too long."

Spent = Callable[[Completion], None]


def fitting(
    system: str,
    rows: list[Message],
    profile: Profile,
    tools: Sequence[Offered],
    cause: Cause,
    spent: Spent,
    cancelled: Callable[[], bool],
) -> list[history.Told]:
    """The history as the model gets it. Old long results are summarised first, then all, then old turns are left out.

    Raises:
        Conflict: `too_long`: not even the last question fits.
    """
    room = room_for(profile, tools)
    told = history.messages(system, rows)
    if of_messages(told) <= room:
        return told
    results = [row for row in rows if row.role == Message.Role.TOOL]
    for row in [*results[:-KEPT], *results[-KEPT:]]:
        if row.summary or len(history.content(row)) <= SHORT:
            continue
        shorten(row, profile, cause, spent, cancelled)
        told = history.messages(system, rows)
        if of_messages(told) <= room:
            return told
    return _without_old_turns(system, rows, room)


def shorten(row: Message, profile: Profile, cause: Cause, spent: Spent, cancelled: Callable[[], bool]) -> None:
    """Give a result a summary: the model's, or its beginning where the model can't."""
    text = history.content(row)
    limit = int(profile.context_tokens * 1.5)  # characters: about half of what the model can read
    used = prompts.in_force(SUMMARY)
    asked = used.filled(tool=row.tool, arguments=json.dumps(row.arguments), result=text[:limit])
    told = Request([{"role": "user", "content": asked}], max_tokens=SUMMARY_TOKENS, prompt_version=used.version)
    try:
        done = ask(told, cause, cancelled=cancelled, profile=profile)
        spent(done)
        summary = done.text
    except Cancelled:
        raise
    except Problem:
        summary = ""
    row.summary = storable(
        f"(summary) {summary}" if summary else f"{text[:CUT]} … (the first of {len(text)} characters)"
    )
    Message.objects.filter(pk=row.pk).update(summary=row.summary)


def _without_old_turns(system: str, rows: list[Message], room: int) -> list[history.Told]:
    turns = list(dict.fromkeys(row.turn_id for row in rows))
    for first in range(1, len(turns)):
        kept = [row for row in rows if row.turn_id in turns[first:]]
        told = history.messages(f"{system}\n\n{LEFT_OUT}", kept)
        if of_messages(told) <= room:
            return told
    raise Conflict("This is more than the model can read at once. Begin a new conversation.", code="too_long")
