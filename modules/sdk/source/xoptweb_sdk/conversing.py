"""Conversations of a module with a model: one turn, or a whole one with tools that ends in data of a known form."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, TypeVar

from .bridge import current
from .errors import ModuleError

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from pydantic import BaseModel

STEPS = 12
REPAIRS = 2
SAME = 2  # times that a call may be made with the same arguments
LONGEST_RESULT = 8000  # characters of a tool's result that the model is told
ROOM = 40_000  # characters that all messages may have, where the host does not tell what the model can read
SHORT = 500  # characters that are left of an old result where there is no more room
MOST_FAULTS = 8
SHORTENED = "… (shortened, as there is no more room: the first {} of {} characters)"
LONGEST_LEFT = SHORT + 100  # characters; a shortened result is not longer, and not shortened again
LAST = "This is your last answer: call nothing more and conclude from what you have."
CUT = "; it was cut off, so it has to be shorter"
NOT_CALLED = "One more thing was not called: {}."
AGAIN = "That is not what was asked for: {}\nAnswer again, with the JSON object alone."

Wanted = TypeVar("Wanted", bound="BaseModel")


def chat(
    messages: Sequence[dict[str, Any]],
    *,
    model: str = "",
    tools: Iterable[str] = (),
    schema: dict[str, Any] | None = None,
    temperature: float = 0.1,
    max_tokens: int = 2000,
) -> dict[str, Any]:
    """One answer: `text`, `calls` ({id, name, arguments, text}), `faults`, `finish`, `model`, tokens and cost; `room`
    is how many characters the messages may have before they are too long for the model.

    `tools` are names of tools that the model may ask to be called; whoever holds the conversation calls them, with
    `call_tool`. `schema` is the JSON schema of an answer in words; whether the answer follows it has to be looked at.

    Raises:
        ModuleError: the module may not use the model or a tool, or the model did not answer.
    """
    return current().chat(
        {
            "messages": list(messages),
            "model": model,
            "tools": list(tools),
            "schema": schema,
            "temperature": temperature,
            "max_tokens": max_tokens,
        }
    )


def converse(
    system: str,
    task: str,
    wanted: type[Wanted],
    *,
    model: str = "",
    tools: Iterable[str] = (),
    steps: int = STEPS,
    temperature: float = 0.1,
    max_tokens: int = 2000,
) -> Wanted:
    """Have a model do a task with tools until it answers with a `wanted`, in at most `steps` answers.

    An answer of another form is told what is wrong with it, and asked for again, twice. What a tool refuses is told to
    the model as its result. The history that is sent is always complete: each call is followed by its result. When it
    gets longer than the model can read at once, of the oldest results only the beginning is told; the trace has all.

    Raises:
        ModuleError: the model could not be asked, or came to no such answer.
    """
    return Conversation(system, task, tuple(tools), steps).until(
        wanted, {"model": model, "temperature": temperature, "max_tokens": max_tokens}
    )


class Conversation:
    """The messages of one, and what was called in it."""

    def __init__(self, system: str, task: str, tools: tuple[str, ...], steps: int) -> None:
        self.messages: list[dict[str, Any]] = [
            {"role": "system", "content": system},
            {"role": "user", "content": task},
        ]
        self.tools, self.steps = tools, steps
        self.made: dict[str, int] = {}

    def until(self, wanted: type[Wanted], options: dict[str, Any]) -> Wanted:
        """Raises ModuleError."""
        schema, repairs = wanted.model_json_schema(), REPAIRS
        for left in range(self.steps - 1, -1, -1):
            if left == 0 and len(self.messages) > 2:
                self.messages.append({"role": "user", "content": LAST})
            answer = chat(self.messages, tools=self.tools, schema=schema, **options)
            if answer["calls"]:
                self._call(answer)
                continue
            self.messages.append({"role": "assistant", "content": answer["text"] or "(nothing)"})
            value, fault = (None, "; ".join(answer["faults"])) if answer["faults"] else read(answer["text"], wanted)
            if value is not None:
                return value
            if answer["finish"] == "length":
                fault += CUT
            if repairs == 0:
                raise ModuleError(f"The model's answer is not of the form that was asked for: {fault}")
            repairs -= 1
            self.messages.append({"role": "user", "content": AGAIN.format(fault)})
        raise ModuleError(f"The model came to no conclusion in {self.steps} answers.")

    def _call(self, answer: dict[str, Any]) -> None:
        number = len(self.messages)  # nine letters and digits: some chat templates take no other ids
        calls = [{**call, "id": f"c{number:06d}{place:02d}"} for place, call in enumerate(answer["calls"])]
        self.messages.append({"role": "assistant", "content": answer["text"], "tool_calls": [_told(c) for c in calls]})
        for call in calls:
            content = json.dumps(self._result(call["name"], call["arguments"]), ensure_ascii=False)
            if len(content) > LONGEST_RESULT:
                content = f"{content[:LONGEST_RESULT]}… (cut: {len(content)} characters)"
            self.messages.append({"role": "tool", "tool_call_id": call["id"], "content": content})
        if answer["faults"]:
            self.messages.append({"role": "user", "content": NOT_CALLED.format("; ".join(answer["faults"]))})
        self._shorten(answer.get("room", ROOM))

    def _shorten(self, room: int) -> None:
        """Leave the beginning of the oldest results until all messages have no more than `room` characters."""
        over = sum(map(_length, self.messages)) - room
        for message in self.messages:
            content = message["content"]
            if over <= 0:
                return
            if message["role"] == "tool" and len(content) > LONGEST_LEFT:
                before = _length(message)
                message["content"] = f"{content[:SHORT]}{SHORTENED.format(SHORT, len(content))}"
                over -= before - _length(message)

    def _result(self, name: str, arguments: Any) -> Any:
        """What the tool gave, or why it gave nothing."""
        if name not in self.tools:
            return {"error": f"There is no tool {name}; there are: {', '.join(self.tools) or 'none'}."}
        if arguments is None:
            return {"error": "The arguments are no JSON object. Write them as the tool's schema says."}
        key = f"{name} {json.dumps(arguments, sort_keys=True)}"
        self.made[key] = self.made.get(key, 0) + 1
        if self.made[key] > SAME:
            return {"error": "You have made this very call before. Its result is above; do something else."}
        try:
            return current().call_tool(name, arguments)
        except ModuleError as error:
            return {"error": str(error)}


def _length(message: dict[str, Any]) -> int:
    """Characters of it as it is sent."""
    return len(json.dumps(message, ensure_ascii=False))


def _told(call: dict[str, Any]) -> dict[str, Any]:
    """Arguments that were no JSON are left out: endpoints refuse a history that holds such."""
    name = "".join(c if c.isascii() and (c.isalnum() or c in "_-") else "_" for c in call["name"])[:64] or "unknown"
    function = {"name": name, "arguments": json.dumps(call["arguments"] or {}, ensure_ascii=False)}
    return {"id": call["id"], "type": "function", "function": function}


def read(text: str, wanted: type[Wanted]) -> tuple[Wanted | None, str]:
    """The answer, or what is wrong with it. Words around the one object are passed over."""
    from pydantic import ValidationError

    begin = text.find("{")
    if begin < 0:
        return None, "there is no JSON object in it"
    try:
        given, _ = json.JSONDecoder().raw_decode(text, begin)
    except (ValueError, RecursionError) as problem:
        return None, f"it is no JSON: {problem}"
    try:
        return wanted.model_validate(given), ""
    except ValidationError as problem:
        return None, "; ".join(_fault(error) for error in problem.errors()[:MOST_FAULTS])


def _fault(error: Any) -> str:
    return f"{'.'.join(str(part) for part in error['loc']) or 'the object'}: {error['msg']}"
