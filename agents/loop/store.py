"""Writing down what happens in a turn. Nothing is written by a process from which the turn was taken."""

from typing import Any

from django.db.models import F, Max
from django.utils import timezone

from agents.gateway.request import Completion
from agents.models import Conversation, Message, Turn
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.plain import plain, storable
from xoptweb.states import move
from xoptweb.transactions import transaction
from xoptweb.work.process import identity

State = Turn.State
CONVERSATIONS = "conversations"


class Taken(Conflict):
    """Another process goes on with this turn."""


def add(turn: Turn, role: str, **values: Any) -> Message:
    """The next message of a conversation. Inside a transaction."""
    last = Message.objects.filter(conversation=turn.conversation_id).aggregate(last=Max("number"))["last"] or 0
    return Message.objects.create(conversation_id=turn.conversation_id, turn=turn, number=last + 1, role=role, **values)


def said(turn: Turn, done: Completion) -> Message:
    """The model's words and calls, stored before anything is called.

    The calls' ids are nine letters and digits: some chat templates take no others.
    """
    with transaction("a model's words count together with what they cost"):
        row = add(turn, Message.Role.ASSISTANT, text=storable(done.text), model_call_id=done.call_id)
        row.calls = [
            {"id": f"m{row.number:06d}{at:02d}", "name": storable(call.name)[:100], "arguments": plain(call.arguments),
             "text": storable(call.text)[:4000], "cut": done.cut and call.arguments is None}
            for at, call in enumerate(done.calls)
        ]  # fmt: skip
        row.save(update_fields=["calls"])
        spend(turn, done, steps=1, draft="")
        tell(turn)
    return row


def spend(turn: Turn, done: Completion, **changes: Any) -> None:
    """Count what a call cost. Raises Taken. Inside a transaction."""
    steps = changes.pop("steps", 0)
    turn.steps += steps
    turn.tokens_in, turn.tokens_out = turn.tokens_in + done.tokens_in, turn.tokens_out + done.tokens_out
    turn.cost = turn.cost if done.cost is None else (turn.cost or 0.0) + done.cost
    counted = {"steps": turn.steps, "tokens_in": turn.tokens_in, "tokens_out": turn.tokens_out, "cost": turn.cost}
    mine(turn, **counted, **changes)


def mine(turn: Turn, **changes: Any) -> None:
    """Change the turn if it still is this process'. Raises Taken."""
    own = Turn.objects.filter(pk=turn.pk, state=State.RUNNING, process=turn.process, attempt=turn.attempt)
    if not own.update(**(changes or {"attempt": F("attempt")})):
        raise Taken("Another process goes on with this turn.", code="taken")


def result(turn: Turn, call: dict[str, Any], outcome: Any, *, failed: bool, seconds: float) -> Message:
    """A tool's result."""
    with transaction("a result is known before the next step is taken"):
        mine(turn)
        row = add(
            turn,
            Message.Role.TOOL,
            call_id=call["id"],
            tool=call["name"],
            arguments=call["arguments"],
            result=outcome,
            failed=failed,
            seconds=seconds,
        )
        tell(turn)
    return row


def begin(turn: Turn, prompt_version: str) -> None:
    """Queued → running, by this process, with that prompt. Raises Conflict when it is not queued any more."""
    with transaction("a turn begins and is announced"):
        now = timezone.now()
        began: dict[str, Any] = {"process": identity(), "attempt": turn.attempt + 1, "prompt_version": prompt_version}
        move(turn, State.RUNNING, expected=[State.QUEUED], started_at=turn.started_at or now, **began)
        tell(turn)


def finish(turn: Turn, state: str, code: str = "", message: str = "") -> None:
    """The end of a turn; nothing when it was taken, or has ended."""
    with transaction("a turn ends and is announced"):
        own = Turn.objects.filter(pk=turn.pk, state=State.RUNNING, process=turn.process, attempt=turn.attempt)
        ended = {
            "state": state,
            "code": code[:40],
            "message": storable(message),
            "draft": "",
            "ended_at": timezone.now(),
        }
        if not own.update(**ended):
            return
        for name, value in ended.items():
            setattr(turn, name, value)
        Conversation.objects.filter(pk=turn.conversation_id).update(updated_at=timezone.now())
        tell(turn)


def tell(turn: Turn) -> None:
    """The pages of the conversation, and the lists of its owner, look again."""
    publish(f"conversation:{turn.conversation_id}", f"turn-{turn.pk}", {"turn": turn.pk})
