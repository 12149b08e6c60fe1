"""How many tokens a text is, where nobody has counted them."""

import json
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from agents.gateway.profiles import Profile
    from agents.gateway.request import Offered

CHARACTERS = 3.2  # a token, of prose and JSON alike; rather too many tokens than too few
A_MESSAGE = 4


def tokens(text: str) -> int:
    return int(len(text) / CHARACTERS) + 1 if text else 0


def of_messages(messages: Iterable[Mapping[str, Any]]) -> int:
    return sum(A_MESSAGE + tokens(json.dumps(message, ensure_ascii=False, default=str)) for message in messages)


def room_for(profile: "Profile", tools: "Sequence[Offered]") -> int:
    """Tokens that the messages may have, beside the tools and the answer."""
    offered = tokens(json.dumps([[tool.name, tool.description, tool.schema] for tool in tools]))
    return profile.context_tokens - min(profile.answer_tokens, profile.context_tokens // 4) - offered


def characters(count: int) -> int:
    """How long a text of so many tokens is."""
    return int(count * CHARACTERS)
