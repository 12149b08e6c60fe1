"""Who may follow campaigns live."""

from typing import TYPE_CHECKING

from xoptweb.live.access import register_stream

if TYPE_CHECKING:
    from xoptweb.accounts.models import User


def register() -> None:
    """The streams `campaign:<id>`, `campaigns` and `environment:<slug>`."""
    register_stream("campaign", may_follow)
    register_stream("campaigns", may_follow)
    register_stream("environment", may_follow)


def may_follow(user: "User", name: str) -> bool:
    return user.has_perm("accounts.view_machine")
