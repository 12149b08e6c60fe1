"""Whose conversation it is."""

from agents.models import Conversation
from xoptweb.accounts.permissions import require, require_scope
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed

PERMISSION = "view_machine"
SCOPE = "assistant"  # of a token that does more than reading: questions cost money


def require_may_talk(by: Actor) -> None:
    """Raises NotAllowed."""
    require(by, PERMISSION)
    require_scope(by, SCOPE)


def require_owner(conversation: Conversation, by: Actor) -> None:
    """Raises NotAllowed: it is somebody else's, `by` may not see machines at all, or its token has not the scope."""
    require_may_talk(by)
    if by.user is None or conversation.owner_id != by.user.pk:
        raise NotAllowed("This conversation is somebody else's.", code="not_yours")
