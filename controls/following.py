"""Who may follow machines live, and what their topics hold."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from controls.models import Machine
from controls.monitor.telling import topic_entry
from controls.monitor.values import latest
from xoptweb.live.access import register_stream
from xoptweb.live.topics import register_latest

if TYPE_CHECKING:
    from xoptweb.accounts.models import User


def register() -> None:
    """The streams `machine:<slug>` and the topics `values:<slug>`."""
    register_stream("machine", may_follow)
    register_stream("values", may_follow)
    register_latest("values", present_values)


def may_follow(user: "User", name: str) -> bool:
    return user.has_perm("accounts.view_machine")


def present_values(topic: str) -> Mapping[str, Any]:
    """Every address of the machine, as the topic would tell it; nothing for a machine that is not there."""
    machine = Machine.objects.filter(slug=topic.partition(":")[2]).first()
    if machine is None:
        return {}
    return {address: topic_entry(value) for address, value in latest(machine).items()}
