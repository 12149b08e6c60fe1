"""Which users may follow which stream or topic. What nobody registered nobody may follow."""

from collections.abc import Callable
from typing import TYPE_CHECKING

from xoptweb.live import names

if TYPE_CHECKING:
    from xoptweb.accounts.models import User

May = Callable[["User", str], bool]

_rules: dict[str, May] = {}


def register_stream(prefix: str, may: May) -> None:
    """`may(user, name)` decides for every stream and topic whose name is `prefix` or begins with `prefix:`."""
    _rules[prefix] = may


def may_follow(user: "User", name: str) -> bool:
    rule = _rules.get(names.prefix(name))
    return rule is not None and rule(user, name)
