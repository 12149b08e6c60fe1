"""A request as the endpoint of a profile wants it."""

from collections.abc import Sequence
from typing import Any

from agents.gateway import blocks
from agents.gateway.alternating import alternating
from agents.gateway.profiles import Profile
from agents.gateway.request import Offered, Request
from agents.models import ModelProfile


def body(profile: Profile, request: Request) -> dict[str, Any]:
    """What is sent; tools go into the prompt where the endpoint does not take them by itself."""
    made: dict[str, Any] = {
        "model": profile.model or request.model,
        "messages": alternating(request.messages),
        profile.limit_parameter: min(request.max_tokens, profile.answer_tokens),
    }
    if profile.sends_temperature:
        made["temperature"] = request.temperature
    if request.tools and profile.native_tools:
        made["tools"] = [_tool(tool) for tool in request.tools]
    elif request.tools:
        made["messages"] = blocks.messages(request.messages, request.tools)
    if request.schema is not None and holds(profile, request.tools):
        schema = {"name": "answer", "schema": request.schema}
        made["response_format"] = {"type": "json_schema", "json_schema": schema}
    return made


def holds(profile: Profile, tools: Sequence[Offered]) -> bool:
    """Whether the endpoint is to hold the answer to a schema. Not where tools are offered: what is held calls none."""
    return profile.structure == ModelProfile.Structure.JSON_SCHEMA and not tools


def _tool(tool: Offered) -> dict[str, Any]:
    function = {"name": tool.name, "description": tool.description, "parameters": tool.schema}
    return {"type": "function", "function": function}
