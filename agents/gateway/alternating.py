"""Histories as strict chat templates want them: users and the model take turns."""

from collections.abc import Mapping, Sequence
from typing import Any

NO_ANSWER = "(There was no answer.)"


def alternating(given: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """What a person said twice in a row becomes one message; a result after which the person spoke again, because the
    answer was cancelled or failed, is followed by words of the model that say so."""
    made: list[dict[str, Any]] = []
    for message in given:
        before = made[-1] if made and message.get("role") == "user" else {}
        if before.get("role") == "tool":
            made.append({"role": "assistant", "content": NO_ANSWER})
        if before.get("role") == "user" and isinstance(before["content"], str) and isinstance(message["content"], str):
            made[-1] = {**before, "content": f"{before['content']}\n\n{message['content']}"}
        else:
            made.append(dict(message))
    return made
