"""Who may follow modules, runs and projects live."""

from typing import TYPE_CHECKING

from xoptweb.live.access import register_stream
from xoptweb.live.forgetting import kept_by_app

if TYPE_CHECKING:
    from xoptweb.accounts.models import User

STREAMS = ("module", "modules", "run", "runs", "project", "skills")


def register() -> None:
    """`module:<id>` (install log, states), `modules`, `run:<id>` (the trace), `runs`, `project:<id>`, `skills`."""
    for name in STREAMS:
        register_stream(name, may_follow)
    kept_by_app("run")  # a run's trace stays as long as the run


def may_follow(user: "User", name: str) -> bool:
    return user.has_perm("accounts.view_machine")
