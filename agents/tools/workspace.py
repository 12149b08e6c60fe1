"""Files of the conversation."""

from typing import Any

from pydantic import BaseModel, Field

from agents.models import WorkspaceFile
from agents.services import workspaces
from agents.tools.place import conversation
from xoptweb.actors import Actor
from xoptweb.errors import Invalid
from xoptweb.tools.registry import tool

PART = 8000


class ListFiles(BaseModel):
    """All files of this conversation."""


@tool("list_files", "List the files of this conversation.", "view_machine", for_conversation=True)
def list_files(arguments: ListFiles, *, by: Actor) -> list[dict[str, Any]]:
    rows = WorkspaceFile.objects.filter(conversation=conversation(by)).defer("content")
    return [{"path": row.path, "bytes": row.size, "by": row.by} for row in rows]


class ReadFile(BaseModel):
    path: str = Field(max_length=120)
    offset: int = Field(0, ge=0, description="Characters to leave out from the beginning.")
    characters: int = Field(PART, ge=1, le=2 * PART)


@tool("read_file", "Read a text file of this conversation, or a part of it.", "view_machine", for_conversation=True)
def read_file(arguments: ReadFile, *, by: Actor) -> dict[str, Any]:
    text = text_of(workspaces.find(conversation(by), arguments.path))
    end = arguments.offset + arguments.characters
    return {
        "path": arguments.path,
        "text": text[arguments.offset : end],
        "next_offset": end if end < len(text) else None,
    }


class WriteFile(BaseModel):
    path: str = Field(max_length=120)
    text: str = Field(max_length=200_000)


@tool(
    "write_file",
    "Write a text file into this conversation; one of that name is replaced.",
    "view_machine",
    changes=True,
    for_conversation=True,
)
def write_file(arguments: WriteFile, *, by: Actor) -> dict[str, Any]:
    row = workspaces.write(conversation(by), arguments.path, arguments.text.encode(errors="replace"), by=by)
    return {"path": row.path, "bytes": row.size}


def text_of(row: WorkspaceFile) -> str:
    """Raises Invalid: the file is no text."""
    try:
        return bytes(row.content).decode("utf-8-sig")
    except UnicodeDecodeError as problem:
        raise Invalid(f"{row.path} is no text.", fields={"path": "is not UTF-8"}) from problem
