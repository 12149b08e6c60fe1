"""One request to an interpreter, with the files of its conversation."""

import hashlib
import logging
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from agents.models import Conversation, WorkspaceFile
from agents.services import workspaces
from modules.sandbox import interpreters
from modules.sandbox.answers import Answer
from modules.sandbox.availability import no_sandbox
from xoptweb.actors import Actor
from xoptweb.errors import Conflict, Invalid, Unavailable
from xoptweb.tools.watched import watched

if TYPE_CHECKING:
    from modules.runner import Host, Pool, Result, Spec

logger = logging.getLogger(__name__)

Files = dict[str, bytes]


class Ended(Conflict):
    """The interpreter was ended: by a limit, by itself, or by who cancelled. `printed` is what it had printed."""

    def __init__(self, message: str, printed: str) -> None:
        super().__init__(message, code="interpreter_ended")
        self.printed = printed


def ask(conversation: Conversation, request: dict[str, Any], *, by: Actor) -> tuple[Answer, str, list[str]]:
    """Run code or a command in the conversation's interpreter: the answer, what was printed, and what was not kept.

    Files that are new, changed or gone there are so in the conversation afterwards.

    Raises:
        Ended: it took too long or too much, ended by itself, or was cancelled.
        WantedNoMore: it was cancelled before it began.
        Unavailable: there is no sandbox here.
    """
    with interpreters.one_at_a_time(conversation.pk):
        before = {row.path: bytes(row.content) for row in WorkspaceFile.objects.filter(conversation=conversation)}
        spec = interpreters.of_conversation(conversation.pk)
        answer, printed = _asked(interpreters.pool(), spec, request, before)
        return answer, printed, [*answer.kept_out, *_keep(conversation, answer, before, by)]


def look_at_table(content: bytes, arguments: dict[str, Any]) -> dict[str, Any]:
    """A Parquet file, by a process that reads nothing else; `arguments` as `xoptweb_child.tables.view` wants them.

    Raises:
        Invalid: it is no Parquet file, or has no such column.
        Unavailable: there is no sandbox here, or reading it takes too much.
    """
    request = {"table": {"path": "table.parquet", **arguments}}
    try:
        answer, _ = _asked(interpreters.tables(), interpreters.of_table(), request, {"table.parquet": content})
    except Ended as ended:
        raise Unavailable(f"The file can't be read here: {ended.message}", code="too_much") from ended
    table = answer.table or {"error": answer.error, "field": "path"}
    if "error" in table:
        raise Invalid("This can't be shown.", fields={str(table["field"]): str(table["error"])})
    return table


def _asked(pool: "Pool", spec: "Spec", request: dict[str, Any], files: Files) -> tuple[Answer, str]:
    """Raises Ended or Unavailable."""
    from modules.sandbox.listening import Listener

    if reason := no_sandbox():
        raise Unavailable(reason, code="no_sandbox")
    listener = Listener(files)
    manifest = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
    result = _ran(pool, spec, {"files": manifest, **request}, listener)
    if result.state != "succeeded":
        raise Ended(f"{result.error} {result.traceback}".strip(), listener.printed)
    try:
        return Answer.model_validate(result.output), listener.printed
    except ValidationError as error:
        raise Ended("The interpreter's answer is none.", listener.printed) from error


def _ran(pool: "Pool", spec: "Spec", given: dict[str, Any], listener: "Host") -> "Result":
    try:
        return watched(lambda cancelled: pool.run(spec, given, listener, cancelled=cancelled), "interpreter")
    except Exception as error:  # the edge to another process: what went wrong with it is ours to look into
        logger.exception("The interpreter could not be run.")
        raise Unavailable(
            "The interpreter could not be run; the reason is in xoptweb's log.", code="no_interpreter"
        ) from error


def _keep(conversation: Conversation, answer: Answer, before: Files, by: Actor) -> list[str]:
    """Take over what changed; the paths that could not be."""
    refused = []
    for path in answer.removed:
        if path in before:
            workspaces.remove(conversation, path, by=by)
    for path, content in answer.files.items():
        try:
            workspaces.write(conversation, path, content, by=by)
        except Invalid:
            refused.append(path[:120])
    return refused
