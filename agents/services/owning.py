"""Whose conversation it is."""

from agents.models import Conversation
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed

PERMISSION = "view_machine"


def require_owner(conversation: Conversation, by: Actor) -> None:
    """Raises NotAllowed: it is somebody else's, or `by` may not see machines at all."""
    require(by, PERMISSION)
    if by.user is None or conversation.owner_id != by.user.pk:
        raise NotAllowed("This conversation is somebody else's.", code="not_yours")
