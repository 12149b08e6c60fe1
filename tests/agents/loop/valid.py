"""What every history that is sent must be."""

import json
from typing import Any


def faults(told: list[dict[str, Any]]) -> list[str]:
    """Why an endpoint would refuse it: a call without its result right behind, a result without its call, and so on."""
    found: list[str] = []
    waiting: list[str] = []
    seen: set[str] = set()
    if not told or told[0]["role"] != "system":
        found.append("it does not begin with what the model is told")
    for message in told:
        if message["role"] == "tool":
            if message["tool_call_id"] in waiting:
                waiting.remove(message["tool_call_id"])
            else:
                found.append(f"the result of {message['tool_call_id']} belongs to no call")
            continue
        found += [f"{call} has no result" for call in waiting]
        waiting = [call["id"] for call in message.get("tool_calls", [])]
        found += [f"{call} is there twice" for call in waiting if call in seen]
        seen.update(waiting)
        for call in message.get("tool_calls", []):
            if not isinstance(json.loads(call["function"]["arguments"]), dict):
                found.append("arguments are no object")
    return found + [f"{call} has no result" for call in waiting]
