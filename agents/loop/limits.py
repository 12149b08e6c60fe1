"""Where an answer stops, whatever the model would like."""

from dataclasses import dataclass
from datetime import datetime

from django.utils import timezone

from agents.models import Turn
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
    if (timezone.now() - began).total_seconds() >= limits.agent_turn_s:
        return Reached("time", f"It stopped after {limits.agent_turn_s:g} s.")
    return None
