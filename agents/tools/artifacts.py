"""Keeping what is worth looking at where people find it."""

from typing import Any, Literal

from pydantic import BaseModel, Field

from agents.artifacts.kinds import LONGEST_COMMAND
from agents.services import artifacts, workspaces
from agents.tools.place import conversation
from xoptweb.actors import Actor
from xoptweb.errors import Invalid
from xoptweb.tools import serving
from xoptweb.tools.registry import tool


class KeepArtifact(BaseModel):
    """A file of this conversation, or a text, that the person will find among the artifacts."""

    title: str = Field(min_length=1, max_length=200)
    path: str = Field("", max_length=120, description="A file of this conversation; or give `text`.")
    text: str = Field("", max_length=max(200_000, LONGEST_COMMAND))
    kind: Literal["", "image", "notebook", "command", "html", "file"] = Field(
        "", description="Left out: what the file is. `command` is shown to be copied, and never run."
    )


@tool(
    "keep_artifact",
    "Keep an image, notebook, HTML page, command or file where the person finds it among the artifacts.",
    "view_machine",
    changes=True,
    for_conversation=True,
)
def keep_artifact(arguments: KeepArtifact, *, by: Actor) -> dict[str, Any]:
    here = conversation(by)
    if bool(arguments.path) == bool(arguments.text):
        raise Invalid("Name a file or give a text.", fields={"path": "exactly one of path and text is needed"})
    content = arguments.text.encode(errors="replace")
    if arguments.path:
        content = bytes(workspaces.find(here, arguments.path).content)
    given = artifacts.Given(arguments.title, content, arguments.kind, arguments.path)
    return artifacts.entry(artifacts.add(given, artifacts.of_conversation(here, "keep_artifact"), by=by))


class FindArtifacts(BaseModel):
    """Artifacts that the person may see, newest first."""

    words: str = Field("", max_length=200, description="Words of their titles.")
    kind: Literal["", "image", "notebook", "command", "html", "file"] = ""
    source: str = Field("", max_length=60, description="Such as run:12 or campaign:3.")
    limit: int = Field(20, ge=1, le=100)


@tool("find_artifacts", "Find images, notebooks, pages, commands and files that were kept.", "view_machine")
def find_artifacts(arguments: FindArtifacts, *, by: Actor) -> list[dict[str, Any]]:
    rows = artifacts.found(by=by, words=arguments.words, kind=arguments.kind, source=arguments.source)
    if serving.for_everybody():
        rows = rows.filter(conversation=None)
    return [{**artifacts.entry(row), "source": row.source} for row in rows[: arguments.limit]]
