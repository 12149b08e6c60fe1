"""Files of a conversation: written, read, removed by its owner, or by the model that serves the owner."""

import re
import unicodedata

from django.db.models import Sum
from django.utils import timezone

from agents.models import Conversation, WorkspaceFile
from agents.services.owning import require_owner
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotFound
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

LARGEST = 1_000_000  # bytes of one file
LARGEST_IN_WORDS = "1 MB"
LARGEST_SUM = 10_000_000
MOST = 100
PATH = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*){0,4}")


def path_of(name: str) -> str:
    """A path for a file that has any name elsewhere: `Messung_Marz_2_.csv` for “Messung März (2).csv”."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()
    return re.sub(r"[^A-Za-z0-9_.-]+", "_", plain).lstrip(".-") or "file"


def write(conversation: Conversation, path: str, content: bytes, *, by: Actor) -> WorkspaceFile:
    """Make a file, or replace it.

    Raises:
        NotAllowed: the conversation is somebody else's.
        Invalid: the path is none, or it would be too much.
    """
    require_owner(conversation, by)
    if not PATH.fullmatch(path) or len(path) > 120:
        raise Invalid("The file was not written.", fields={"path": "letters, digits, _ . - and up to four folders"})
    if len(content) > LARGEST:
        raise Invalid("The file was not written.", fields={"content": f"must have at most {LARGEST_IN_WORDS}"})
    with transaction("a file is written as a whole, within the limits of its conversation"):
        others = WorkspaceFile.objects.filter(conversation=conversation).exclude(path=path)
        used = others.aggregate(size=Sum("size"))["size"] or 0
        if others.count() >= MOST or used + len(content) > LARGEST_SUM:
            raise Invalid("The file was not written.", fields={"path": "the conversation has no room for more files"})
        values = {"content": content, "size": len(content), "by": by.label, "updated_at": timezone.now()}
        row, _ = WorkspaceFile.objects.update_or_create(conversation=conversation, path=path, defaults=values)
        publish(conversation.stream, "files", {"path": path})
    return row


def remove(conversation: Conversation, path: str, *, by: Actor) -> None:
    """Raises NotAllowed or NotFound."""
    require_owner(conversation, by)
    with transaction("a file is removed and that is announced"):
        find(conversation, path).delete()
        publish(conversation.stream, "files", {"path": path})


def find(conversation: Conversation, path: str) -> WorkspaceFile:
    """Raises NotFound."""
    row = WorkspaceFile.objects.filter(conversation=conversation, path=path).first()
    if row is None:
        raise NotFound(f"There is no file “{path[:120]}” in this conversation.", code="no_such_file")
    return row
