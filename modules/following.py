"""Who may follow modules, runs and projects live."""

from typing import TYPE_CHECKING

from xoptweb.live.access import register_stream

if TYPE_CHECKING:
    from xoptweb.accounts.models import User

STREAMS = ("module", "modules", "run", "runs", "project")


def register() -> None:
    """`module:<id>` (install log, states), `modules`, `run:<id>` (the trace), `runs`, `project:<id>`."""
    for name in STREAMS:
        register_stream(name, may_follow)


def may_follow(user: "User", name: str) -> bool:
    return user.has_perm("accounts.view_machine")
