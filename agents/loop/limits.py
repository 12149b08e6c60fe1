"""Where an answer stops, whatever the model would like."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from agents.models import Message, Turn
from xoptweb.config import config


@dataclass(frozen=True)
class Reached:
    """`code` for programs, `text` for a person."""

    code: str
    text: str


def reached(turn: Turn, began: datetime) -> Reached | None:
    """The limit that the turn has come to, if any."""
    limits = config()
    if turn.steps >= limits.agent_steps:
        return Reached("steps", f"It stopped after {limits.agent_steps} steps.")
    if turn.tokens_in + turn.tokens_out >= limits.agent_turn_tokens:
        return Reached("tokens", f"It stopped after {limits.agent_turn_tokens} tokens.")
    return late(began)


def late(began: datetime) -> Reached | None:
    """The limit of time, once it has come; also what is under way ends then."""
    longest_s = config().agent_turn_s
    if (timezone.now() - began).total_seconds() < longest_s:
        return None
    return Reached("time", f"It stopped after {longest_s:g} s.")


def cut_off(answer: Message) -> Reached | None:
    """Whether the endpoint ended the answer, as no more tokens were allowed or its context was full."""
    call = answer.model_call
    if call is None or (call.response or {}).get("finish") != "length":
        return None
    return Reached("length", f"The answer was cut off after {call.tokens_out} tokens.")
