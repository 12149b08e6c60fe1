"""Tools for endpoints that know none: the model writes `<tool name="…">{json}</tool>` into its answer.

A block counts only when all of it is right: the tag, a known name, one JSON object, the end of the tag. Everything
else is text, and its fault is told.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agents.gateway.request import Called, Offered

BEGIN = re.compile(r'<tool name="([A-Za-z0-9_-]{1,64})">\s*')
END = re.compile(r"\s*</tool>")
LOOSE = re.compile(r"</?\s*tool\b", re.IGNORECASE)
EXPLAINED = """You can call these tools. To call one, write exactly

<tool name="NAME">{"argument": "value"}</tool>

with one JSON object between the tags, and nothing after the last call. The result comes in the next message.

%s"""


@dataclass(frozen=True)
class Found:
    """`text` is what is left beside the calls; `faults` say which blocks were none, and why."""

    text: str
    calls: tuple[Called, ...] = ()
    faults: tuple[str, ...] = ()


def find(answer: str, tools: Sequence[Offered]) -> Found:
    """The calls in an answer."""
    known = {tool.name: tool for tool in tools}
    texts: list[str] = []
    calls: list[Called] = []
    faults: list[str] = []
    at = 0
    while match := BEGIN.search(answer, at):
        arguments, end, fault = _block(answer, match, known)
        if arguments is None:
            faults.append(fault)
            texts.append(answer[at : match.end()])
            at = match.end()
            continue
        texts.append(answer[at : match.start()])
        calls.append(Called(f"block-{len(calls) + 1}", match[1], arguments, answer[match.start() : end]))
        at = end
    left = "".join([*texts, answer[at:]])
    if not faults and LOOSE.search(left):
        faults.append("a tool tag is not written as it has to be")
    return Found(left.strip(), tuple(calls), tuple(faults))


def _block(answer: str, match: "re.Match[str]", known: Mapping[str, Offered]) -> tuple[dict[str, Any] | None, int, str]:
    """The arguments and where the block ends; or None and why it is none."""
    name = match[1]
    if name not in known:
        return None, 0, f"there is no tool “{name}”"
    try:
        given, end = json.JSONDecoder().raw_decode(answer, match.end())
    except (ValueError, RecursionError):
        return None, 0, f"between the tags of “{name}” stands no JSON object"
    closing = END.match(answer, end)
    if not isinstance(given, dict) or closing is None:
        return None, 0, f"“{name}” needs one JSON object and then </tool>"
    check = known[name].check
    if check is not None and (wrong := check(given)):
        return None, 0, f"the arguments of “{name}” are wrong: {wrong}"
    return given, closing.end(), ""


def messages(given: Sequence[Mapping[str, Any]], tools: Sequence[Offered]) -> list[dict[str, Any]]:
    """A history with native calls and results, in the words of an endpoint that has neither."""
    made = [_message(message) for message in given]
    explained = EXPLAINED % "\n".join(_explained(tool) for tool in tools)
    if made and made[0]["role"] == "system":
        made[0] = {"role": "system", "content": f"{made[0]['content']}\n\n{explained}"}
    else:
        made.insert(0, {"role": "system", "content": explained})
    return _joined(made)


def _message(message: Mapping[str, Any]) -> dict[str, Any]:
    if message["role"] == "tool":
        # a document that shows the tags must not look like a call, not even when the model repeats it
        content = LOOSE.sub(lambda match: match[0].replace("<", "‹"), str(message["content"]))
        return {"role": "user", "content": f"Result of the tool:\n{content}"}
    calls = message.get("tool_calls") or []
    written = [f'<tool name="{one["function"]["name"]}">{one["function"]["arguments"]}</tool>' for one in calls]
    return {"role": message["role"], "content": "\n".join([str(message.get("content") or ""), *written]).strip()}


def _joined(made: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Results that follow one another in one message: such endpoints often want the roles to take turns."""
    joined: list[dict[str, Any]] = []
    for message in made:
        if joined and joined[-1]["role"] == message["role"]:
            joined[-1]["content"] += f"\n\n{message['content']}"
        else:
            joined.append(dict(message))
    return joined


def _explained(tool: Offered) -> str:
    return f"- {tool.name}: {tool.description} Arguments: {json.dumps(tool.schema, ensure_ascii=False)}"
