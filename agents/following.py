"""Who may follow conversations live: their owners."""

from typing import TYPE_CHECKING

from agents.loop import drafting
from agents.models import Conversation
from agents.services import artifacts
from xoptweb.live.access import register_stream
from xoptweb.live.topics import register_latest

if TYPE_CHECKING:
    from xoptweb.accounts.models import User


def register() -> None:
    """The stream `conversation:<id>`, and the topic `draft:<id>` of what is just being written."""
    register_stream("conversation", may_follow)
    register_stream("draft", may_follow)
    register_stream(artifacts.STREAM, may_see)
    register_latest("draft", drafting.latest)


def may_see(user: "User", name: str) -> bool:
    """Its events hold nothing but numbers; each page shows what its reader may see."""
    return name == artifacts.STREAM and user.has_perm("accounts.view_machine")


def may_follow(user: "User", name: str) -> bool:
    number = name.partition(":")[2]
    known = number.isdecimal() and len(number) <= 18 and user.has_perm("accounts.view_machine")
    return known and Conversation.objects.filter(pk=int(number), owner=user).exists()
