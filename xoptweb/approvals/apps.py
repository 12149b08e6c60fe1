"""The app `approvals`."""

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from xoptweb.accounts.models import User


class ApprovalsConfig(AppConfig):
    name = "xoptweb.approvals"
    label = "approvals"

    def ready(self) -> None:
        from xoptweb.live.access import register_stream

        register_stream("approvals", may_follow)


def may_follow(user: "User", stream: str) -> bool:
    return user.has_perm("accounts.view_machine")
