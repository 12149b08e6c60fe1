"""Tools of agents: Python and commands, in the sandbox of the conversation alone."""

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, Field

from agents.models import Conversation, Message
from agents.services import artifacts
from agents.tools.place import conversation
from modules.sandbox.availability import no_python, no_shell
from xoptweb.actors import Actor
from xoptweb.errors import Invalid
from xoptweb.tools.registry import tool

if TYPE_CHECKING:
    from modules.sandbox.answers import Answer

NEW = "This is a new interpreter: variables of earlier calls, if there were any, are gone. Files are still there."
LOST = "This is a new interpreter: variables of earlier calls are gone. Files are still there."
ENDED = "The interpreter was ended: its variables are gone, and files that this call changed are as before."


class Python(BaseModel):
    """Code for the conversation's own interpreter, in which variables stay. It has no network and sees no file but
    those of this conversation, which lie in its working directory; what it writes there is kept."""

    code: str = Field(min_length=1, max_length=50_000, description="The value of a last expression is shown.")


@tool(
    "python",
    "Run Python in a sandbox: variables stay, figures of matplotlib become images that the person sees.",
    "run_code",
    absent=no_python,
    changes=True,
    for_conversation=True,
)
def python(arguments: Python, *, by: Actor) -> dict[str, Any]:
    return _told(conversation(by), "python", {"code": arguments.code}, by)


class Shell(BaseModel):
    """A command for the sandbox of this conversation, in the directory of its files."""

    command: str = Field(min_length=1, max_length=10_000)


@tool(
    "shell",
    "Run a shell command in the sandbox of this conversation.",
    "run_code",
    absent=no_shell,
    changes=True,
    for_conversation=True,
)
def shell(arguments: Shell, *, by: Actor) -> dict[str, Any]:
    return _told(conversation(by), "shell", {"command": arguments.command}, by)


def _told(here: Conversation, tool_name: str, request: dict[str, Any], by: Actor) -> dict[str, Any]:
    """What came of it, for the model; nothing that did not happen is left unsaid."""
    from modules.sandbox import running  # only who runs code loads what that needs

    try:
        answer, printed, not_kept = running.ask(here, request, by=by)
    except running.Ended as ended:
        return {"error": ended.message, "printed": ended.printed, "note": ENDED}
    told: dict[str, Any] = {"printed": printed}
    if answer.exit_code is not None:
        told["exit_code"] = answer.exit_code
    if answer.value is not None:
        told["value"] = answer.value
    if answer.error:
        told["error"] = answer.error
    if answer.files or answer.removed:
        told["files"] = {"written": sorted(set(answer.files) - set(not_kept)), "removed": answer.removed}
    if not_kept:
        told["not_kept"] = {"paths": not_kept, "why": "too large, too many, or a name that files here can't have"}
    if answer.figures:
        told["images"] = _images(here, answer, by)
    if answer.calls == 1 and (note := _note(here)):
        told["note"] = note
    return told


def _note(here: Conversation) -> str:
    """What a new interpreter has to say of itself. Calls of agents outside are no messages of their conversation."""
    if here.outside:
        return NEW
    used = Message.objects.filter(conversation=here, role=Message.Role.TOOL, tool__in=["python", "shell"])
    return LOST if used.exists() else ""


def _images(here: Conversation, answer: "Answer", by: Actor) -> list[dict[str, Any]]:
    """Keep the figures; one that can't be kept says why."""
    told: list[dict[str, Any]] = []
    for number, figure in enumerate(answer.figures, 1):
        title = figure.title or f"Figure {number}"
        try:
            row = artifacts.add(
                artifacts.Given(title, figure.png, kind="image", name=f"figure-{number}.png"),
                artifacts.of_conversation(here, "python"), by=by,
            )  # fmt: skip
        except Invalid as invalid:
            told.append({"title": title, "error": invalid.message})
        else:
            told.append(artifacts.entry(row))
    return told
