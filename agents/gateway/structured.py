"""Answers that are data: held to a schema, and asked for again, a few times, where they are not."""

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from agents.gateway.asking import Stop, ask
from agents.gateway.body import holds
from agents.gateway.profiles import Profile, chosen
from agents.gateway.request import Cause, Completion, Message, Offered, Request
from xoptweb.errors import Unavailable

REPAIRS = 2
MOST_FAULTS = 8

Model = TypeVar("Model", bound=BaseModel)

WANTED = """Answer with one JSON object and nothing else. Its JSON schema:

%s"""
CUT = "; it was cut off after %d tokens, so it has to be shorter"
AGAIN = """That is not what was asked for: %s
Answer again, with the JSON object alone."""


@dataclass(frozen=True)
class Structured(Generic[Model]):
    """The validated answer, and every call that was needed for it."""

    value: Model
    completions: tuple[Completion, ...]


def structured(
    request: Request,
    wanted: type[Model],
    cause: Cause,
    *,
    repairs: int = REPAIRS,
    spent: Callable[[Completion], None] | None = None,
    cancelled: Stop | None = None,
) -> Structured[Model]:
    """Ask until the answer is a `wanted`, at most `repairs` times more, telling the model what was wrong. `spent` gets
    each answer when it has come, whatever follows.

    Raises:
        Unavailable: `not_structured`: it never was; or as `ask`.
    """
    profile = chosen(request.model)
    schema = wanted.model_json_schema()
    messages = told(profile, request.messages, schema, request.tools)
    made: list[Completion] = []
    for _ in range(repairs + 1):
        asked = replace(request, messages=messages, schema=schema)
        made.append(ask(asked, cause, cancelled=cancelled, profile=profile))
        if spent is not None:
            spent(made[-1])
        value, faults = _read(made[-1].text, wanted)
        if value is not None:
            return Structured(value, tuple(made))
        if made[-1].cut:
            faults += CUT % made[-1].tokens_out
        messages = [
            *messages,
            {"role": "assistant", "content": made[-1].text or "(nothing)"},
            {"role": "user", "content": AGAIN % faults},
        ]
    raise Unavailable(f"The model's answer is not of the form that was asked for: {faults}", code="not_structured")


def told(
    profile: Profile, given: Sequence[Message], schema: Mapping[str, Any], tools: Sequence[Offered] = ()
) -> list[Message]:
    """The messages with the schema as part of the prompt, where the endpoint does not hold answers to it by itself."""
    messages = list(given)
    if holds(profile, tools):
        return messages
    wanted = WANTED % json.dumps(schema, ensure_ascii=False)
    if messages and messages[0]["role"] == "system":
        return [{"role": "system", "content": f"{messages[0]['content']}\n\n{wanted}"}, *messages[1:]]
    return [{"role": "system", "content": wanted}, *messages]


def _read(text: str, wanted: type[Model]) -> tuple[Model | None, str]:
    """The answer, or what is wrong with it. Words around the one object are passed over."""
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
