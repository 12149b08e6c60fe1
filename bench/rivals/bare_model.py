"""What the client of the models takes by itself: no record, no budget, no history in a database, no browser."""

import json
import time
from typing import Any

from bench.figures import milliseconds


def first_words(url: str, count: int) -> list[float]:
    """Milliseconds from the call to the first words in this process, less the time that the model took."""
    from openai import OpenAI

    client, found = OpenAI(base_url=url, api_key="none"), []
    for _ in range(count):
        called = time.monotonic()
        stream = client.chat.completions.create(
            model="bench", messages=[{"role": "user", "content": "when?"}], stream=True
        )
        for piece in stream:
            if piece.choices and (text := piece.choices[0].delta.content) and "|" in text:
                seen = time.monotonic()
                received, _, sent = text.partition("|")
                found.append(milliseconds(seen - called - (float(sent) - float(received))))
    return found


def steps(url: str, count: int) -> list[float]:
    """Milliseconds of a loop that keeps its history in a list, without the model."""
    from openai import OpenAI

    client, found = OpenAI(base_url=url, api_key="none"), []
    tool: Any = {"type": "function", "function": {"name": "find_channels", "parameters": {"type": "object"}}}
    history: Any = [{"role": "user", "content": "which channels are there?"}]
    for _ in range(count):
        began = time.monotonic()
        answer = client.chat.completions.create(model="bench", messages=history, tools=[tool])
        answered = time.monotonic()
        calls = answer.choices[0].message.tool_calls or []
        history.append({"role": "assistant", "content": "", "tool_calls": [call.model_dump() for call in calls]})
        history += [{"role": "tool", "tool_call_id": call.id, "content": json.dumps([])} for call in calls]
        found.append(milliseconds(time.monotonic() - began - (answered - began)))
    return found
