"""What an endpoint sends, checked, and put together to one answer."""

import json
import math
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any

from pydantic import BaseModel

from agents.gateway.request import Called

MOST_CALLS = 50


class TooLarge(Exception):
    """The endpoint sent more than an answer can be."""


class WebPage(Exception):
    """The server sent a web page: what is asked there is no API of models."""


class Function(BaseModel):
    name: str | None = None
    arguments: str | dict[str, Any] | None = None


class CallPiece(BaseModel):
    index: int | None = None
    id: str | None = None
    function: Function | None = None


class Message(BaseModel):
    content: str | None = None
    tool_calls: list[CallPiece] | None = None
    reasoning_content: str | None = None  # what a model thinks before it answers; endpoints call it this or that
    reasoning: str | None = None


class Choice(BaseModel):
    delta: Message | None = None
    message: Message | None = None
    finish_reason: str | None = None


class Usage(BaseModel):
    prompt_tokens: int = 0
    completion_tokens: int = 0


class Piece(BaseModel):
    """A part of a streamed answer, or the whole of one that is not streamed."""

    model: str | None = None
    choices: list[Choice]
    usage: Usage | None = None


@dataclass
class Reply:
    """An answer as far as it has come. `thought`: the model thought first, of which nothing is kept."""

    model: str = ""
    finish: str = ""
    usage: Usage | None = None
    thought: bool = False
    texts: list[str] = field(default_factory=list)
    calls: dict[int, list[str]] = field(default_factory=dict)

    def take(self, piece: Piece) -> str:
        """Add a piece; the text that it brought."""
        self.model = piece.model or self.model
        self.usage = piece.usage or self.usage
        if not piece.choices:
            return ""
        choice = piece.choices[0]
        self.finish = choice.finish_reason or self.finish
        said = choice.delta or choice.message
        if said is None:
            return ""
        self.thought = self.thought or bool(said.reasoning_content or said.reasoning)
        for number, call in enumerate(said.tool_calls or []):
            self._take_call(number if call.index is None else call.index, call)
        if said.content:
            self.texts.append(said.content)
        return said.content or ""

    def _take_call(self, index: int, call: CallPiece) -> None:
        if len(self.calls) >= MOST_CALLS and index not in self.calls:
            raise TooLarge
        known = self.calls.setdefault(index, ["", "", ""])
        known[0] = call.id or known[0]
        if call.function is not None:
            if call.function.name != known[1]:  # some endpoints say it again with each piece
                known[1] += call.function.name or ""
            known[2] += _written(call.function.arguments)

    @property
    def text(self) -> str:
        return "".join(self.texts)

    def without(self, hidden: Callable[[str], str]) -> "Reply":
        """The same, each of its texts as `hidden` gives it."""
        calls = {index: [hidden(part) for part in call] for index, call in self.calls.items()}
        model, finish, texts = hidden(self.model), hidden(self.finish), [hidden(self.text)]
        return replace(self, model=model, finish=finish, texts=texts, calls=calls)

    def called(self) -> tuple[Called, ...]:
        return tuple(
            Called(identity or f"call-{index}", name, arguments(text), text)
            for index, (identity, name, text) in sorted(self.calls.items())
        )


def _written(arguments: str | dict[str, Any] | None) -> str:
    """Some endpoints send the object itself instead of its JSON."""
    return json.dumps(arguments, ensure_ascii=False) if isinstance(arguments, dict) else arguments or ""


def arguments(text: str) -> dict[str, Any] | None:
    """The JSON object that a model wrote as arguments; None when it is none. Nothing at all is an empty object."""
    if not text.strip():
        return {}
    try:
        given = json.loads(text, parse_constant=lambda _: math.nan)
    except (ValueError, RecursionError):
        return None
    return given if isinstance(given, dict) else None
