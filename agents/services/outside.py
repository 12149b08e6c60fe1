"""The conversation of an agent that is not ours: where its plan and files are, and what it makes."""

from datetime import timedelta

from django.utils import timezone

from agents.models import Conversation
from agents.services.owning import require_may_talk
from xoptweb.accounts.permissions import person
from xoptweb.actors import Actor

HOST = "host"
USED_EVERY = timedelta(minutes=1)


def conversation_of(by: Actor) -> Conversation:
    """That of the token, or of this host's agents where there is none; begun when it is first needed, or was deleted.

    It belongs to the account: its owner sees it in the list, goes on in it, shares and deletes it as any other.

    Raises:
        NotAllowed: the account may see nothing, its token has not the scope, or a part of xoptweb asks.
    """
    require_may_talk(by)
    which = f"token:{by.token.pk}" if by.token is not None else HOST
    title = f"MCP: {by.token.name if by.token is not None else 'this host'}"
    found, _ = Conversation.objects.get_or_create(owner=person(by), outside=which, defaults={"title": title})
    now = timezone.now()
    if found.updated_at < now - USED_EVERY:
        Conversation.objects.filter(pk=found.pk).update(updated_at=now)
    return found
