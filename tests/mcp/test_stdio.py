"""The tools for an agent on this host, over standard input and output."""

import asyncio
import json
import os
import subprocess
import sys
from typing import Any

import pytest
from mcp.client.session import ClientSession
from mcp.client.stdio import StdioServerParameters, stdio_client

from agents.models import Conversation
from controls.models import Machine
from modules.sandbox.availability import no_python
from tests.pages.world import linac
from xoptweb.accounts.models import User
from xoptweb.tools.models import ToolCall

__all__ = ["linac"]

CALLS: list[tuple[str, dict[str, Any]]] = [
    ("find_machines", {}),
    ("write_file", {"path": "sizes.csv", "text": "1\n2\n3\n"}),
    ("python", {"code": "len(open('sizes.csv').readlines())"}),
]

pytestmark = pytest.mark.django_db(transaction=True)


async def asked(account: str) -> tuple[set[str], list[str]]:
    """What is offered, and the texts of some results."""
    command = StdioServerParameters(
        command=sys.executable, args=["-m", "xoptweb", "mcp", "--as", account], env=dict(os.environ)
    )
    async with stdio_client(command) as streams, ClientSession(*streams) as session:
        await session.initialize()
        names = {tool.name for tool in (await session.list_tools()).tools}
        texts = []
        for name, arguments in CALLS:
            (content,) = (await session.call_tool(name, arguments)).content
            assert content.type == "text"
            texts.append(content.text)
        return names, texts


def test_it_acts_as_the_account_that_is_named_in_a_conversation_of_that(linac: Machine, olga: User) -> None:
    names, texts = asyncio.run(asked("olga"))
    assert {"propose_campaign", "write_plan", "write_file"} <= names
    assert "run_module" not in names
    assert json.loads(texts[0])[0]["machine"] == "demo-linac"
    calls = ToolCall.objects.order_by("pk")
    assert [(call.user, call.token, call.tool) for call in calls] == [(olga, "", name) for name, _ in CALLS]
    here = Conversation.objects.get()
    assert (here.owner, here.title) == (olga, "MCP: this host")
    assert [row.path for row in here.files.all()] == ["sizes.csv"]
    assert ("python" in names) == (not no_python())
    last = json.loads(texts[-1])
    assert last["value"] == "3" if "python" in names else last["code"] == "no_such_tool_now"


def test_an_account_that_is_not_there_is_told_and_nothing_is_served(linac: Machine) -> None:
    words = [sys.executable, "-m", "xoptweb", "mcp", "--as", "nobody"]
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "no account “nobody”" in done.stderr
    assert done.stdout == ""
