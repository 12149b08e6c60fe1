"""How many tokens a text is, where nobody has counted them."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

CHARACTERS = 3.2  # a token, of prose and JSON alike; rather too many tokens than too few
A_MESSAGE = 4


def tokens(text: str) -> int:
    return int(len(text) / CHARACTERS) + 1 if text else 0


def of_messages(messages: Iterable[Mapping[str, Any]]) -> int:
    return sum(A_MESSAGE + tokens(json.dumps(message, ensure_ascii=False, default=str)) for message in messages)
