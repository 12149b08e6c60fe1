"""What a model is told of a conversation: always complete, every call with its result, in order."""

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from agents.models import Message

NOT_A_NAME = re.compile(r"[^A-Za-z0-9_-]")
INTERRUPTED = {"error": "The call was interrupted before its result came. Call again if it is still needed."}
Told = dict[str, Any]


def messages(system: str, rows: Sequence[Message]) -> list[Told]:
    """As the wire wants them. A call without a result gets one that says so."""
    results = {row.call_id: row for row in rows if row.role == Message.Role.TOOL and row.call_id}
    told: list[Told] = [{"role": "system", "content": system}]
    for row in rows:
        told.extend(_told(row, results))
    return told


def _told(row: Message, results: dict[str, Message]) -> Iterable[Told]:
    if row.role == Message.Role.USER:
        yield {"role": "user", "content": row.text}
    elif row.role == Message.Role.ASSISTANT:
        yield _said(row)
        for call in row.calls:
            yield _answer(call["id"], results.get(call["id"]))
    elif not row.call_id:  # a block that was no call: there is nothing to answer
        yield {"role": "user", "content": content(row)}


def _said(row: Message) -> Told:
    if not row.calls:
        return {"role": "assistant", "content": row.text or "(nothing)"}
    return {"role": "assistant", "content": row.text, "tool_calls": [_call(call) for call in row.calls]}


def _call(call: dict[str, Any]) -> Told:
    """Arguments that were no JSON are left out here: endpoints refuse a history that holds such."""
    function = {"name": name(call["name"]), "arguments": json.dumps(call["arguments"] or {}, ensure_ascii=False)}
    return {"id": call["id"], "type": "function", "function": function}


def _answer(call_id: str, row: Message | None) -> Told:
    said = content(row) if row is not None else json.dumps(INTERRUPTED)
    return {"role": "tool", "tool_call_id": call_id, "content": said}


def content(row: Message) -> str:
    """A result as the model reads it: its summary where there is one."""
    return row.summary or json.dumps(row.result, ensure_ascii=False)


def name(given: str) -> str:
    """A tool's name as endpoints take it, however it was made up."""
    return NOT_A_NAME.sub("_", given)[:64] or "unknown"
