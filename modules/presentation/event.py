"""One event of a trace, with its end where it has one, in full."""

from dataclasses import dataclass
from typing import Any

from modules.presentation.words import money, readable, took
from xoptweb.live.models import Event
from xoptweb.web.values import visible

TEXTS = (
    ("error", "Error"), ("traceback", "Traceback"), ("prompt", "Prompt"), ("response", "Response"),
    ("arguments", "Arguments"), ("result", "Result"), ("input", "Input"), ("output", "Output"), ("text", "Text"),
    ("message", "Message"), ("beginning", "Beginning"),
)  # fmt: skip
NOT_SHOWN = {"t", "truncated", "characters", "prompt_length", "response_length"}


@dataclass(frozen=True)
class Detail:
    """`texts` are (title, text), by a model or not; `facts` are (name, value)."""

    texts: list[tuple[str, str, bool]]
    facts: list[tuple[str, str]]
    cut: str


def detail(begin: Event, end: Event | None) -> Detail:
    """What both say; where they say the same thing differently, the beginning counts."""
    payload: dict[str, Any] = (end.payload if end else {}) | begin.payload
    texts = [
        (title, readable(payload[name]), name == "response")
        for name, title in TEXTS
        if payload.get(name) not in (None, "")
    ]
    long = {name for name, _ in TEXTS}
    facts = [
        (name.replace("_", " "), _fact(name, value))
        for name, value in payload.items()
        if name not in long | NOT_SHOWN and value is not None
    ]
    lengths = [each.payload.get("characters") for each in (begin, end) if each and each.payload.get("truncated")]
    cut = f"Only the beginning was kept: the whole had {lengths[0]} characters." if lengths else ""
    return Detail(texts, facts, cut)


def _fact(name: str, value: Any) -> str:
    if isinstance(value, int | float) and not isinstance(value, bool):
        if name in ("seconds", "latency_s"):
            return took(value)
        if name == "cost":
            return money(value)
    return visible(value) if isinstance(value, str) else readable(value)
