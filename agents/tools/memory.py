"""Remembering and finding again."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.models import Memory
from agents.services import memories
from xoptweb.actors import Actor
from xoptweb.tools import serving
from xoptweb.tools.registry import tool


class Remember(BaseModel):
    """One fact in a sentence or two that stand by themselves, with names and dates."""

    text: str = Field(min_length=1, max_length=memories.LONGEST)
    scope: Literal["mine", "machine", "everyone"] = Field(
        "mine", description="Who will find it: the person alone, or everybody (which physicists may store)."
    )
    machine: str = Field("", description="Short name (slug) of the machine it is about, if any.", max_length=50)


@tool("remember", "Remember a fact that the person wants to be remembered.", "view_machine", changes=True)
def remember(arguments: Remember, *, by: Actor) -> dict[str, Any]:
    given = memories.Text(arguments.text, arguments.scope, arguments.machine)
    return _entry(memories.store(given, by=by, source=serving.subject()))


class Recall(BaseModel):
    """Words by which something would have been remembered."""

    words: str = Field(min_length=1, max_length=300)
    machine: str = Field("", description="Only about this machine, or about none.", max_length=50)
    limit: int = Field(8, ge=1, le=30)


@tool("recall", "Search what was remembered in earlier conversations.", "view_machine")
def recall(arguments: Recall, *, by: Actor) -> list[dict[str, Any]]:
    own = not serving.for_everybody()
    found = memories.search(arguments.words, by=by, machine=arguments.machine, limit=arguments.limit, own=own)
    return [_entry(row) for row in found]


def _entry(row: Memory) -> dict[str, Any]:
    return {
        "id": row.pk,
        "text": row.text,
        "scope": row.scope,
        "machine": row.machine,
        "said_by": row.owner.get_username(),
        "source": row.source,
        "since": row.updated_at.date().isoformat(),
        "link": f"/assistant/memory/{row.pk}/",
    }
