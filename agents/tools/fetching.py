"""Fetching a page from a host that an administrator has named."""

from typing import Any

from pydantic import BaseModel, Field

from xoptweb.actors import Actor
from xoptweb.config import config
from xoptweb.tools.registry import tool
from xoptweb.tools.watched import watched

PART = 8000


def no_hosts() -> str:
    return "" if config().fetch_hosts else "Nothing is fetched here: no host is named in XOPTWEB_FETCH_HOSTS."


class Fetch(BaseModel):
    url: str = Field(max_length=2000)
    offset: int = Field(0, ge=0, description="Characters to leave out from the beginning.")
    characters: int = Field(PART, ge=1, le=2 * PART)


@tool("fetch", "Fetch the text of a page from one of the hosts that are allowed here.", "view_machine", absent=no_hosts)
def fetch(arguments: Fetch, *, by: Actor) -> dict[str, Any]:
    """Raises NotAllowed for other hosts and private addresses; Unavailable when the host does not answer."""
    from agents.outside import fetch as outside  # only who fetches loads a client for that

    page = watched(lambda _: outside.fetch(arguments.url, config().fetch_hosts), "fetch", leaving=True)
    end = arguments.offset + arguments.characters
    return {
        "url": page.url,
        "status": page.status,
        "text": page.text[arguments.offset : end],
        "next_offset": end if end < len(page.text) else None,
    }
