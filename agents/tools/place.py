"""The conversation that a tool call serves."""

from agents.models import Conversation
from agents.services.outside import conversation_of
from xoptweb.actors import Actor
from xoptweb.errors import NotAllowed
from xoptweb.tools import serving


def conversation(by: Actor) -> Conversation:
    """Raises NotAllowed: the call serves none, or one of somebody else."""
    kind, _, number = serving.subject().partition(":")
    if kind == "conversation" and number.isdecimal() and by.user is not None:
        found = Conversation.objects.filter(pk=int(number), owner=by.user).first()
        if found is not None:
            return found
    raise NotAllowed("This only works in a conversation of one's own.", code="no_conversation")


serving.outside_is(lambda by: conversation_of(by).stream)
