"""The kinds of things that people approve. Each app registers its own in `approval_kinds.py`."""

from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from xoptweb.actors import Actor
from xoptweb.discovery import discover

if TYPE_CHECKING:
    from xoptweb.approvals.models import Approval


class Kind:
    """What to show, and what to do on each outcome. Subclasses name themselves and are registered once."""

    name: ClassVar[str]
    title: ClassVar[str]
    template: ClassVar[str]

    def context(self, approval: "Approval") -> dict[str, Any]:
        """What the template needs beside the approval itself."""
        return {}

    def still_valid(self, approval: "Approval") -> None:
        """Return when the subject still is as it was shown. Called outside of any transaction; it may ask the machine.

        Raises:
            Conflict: it changed.
        """

    def decided(self, approval: "Approval", outcome: str, reason: str, by: Actor) -> None:
        """Inside the deciding transaction: move states and enqueue work, never act.

        `outcome` is the approval's new state: approved, rejected, changes_requested, expired or withdrawn. An
        approved one can still expire or be withdrawn until it is used.
        """
        raise NotImplementedError


_kinds: dict[str, Kind] = {}

K = TypeVar("K", bound=Kind | type[Kind])


def register(kind: K) -> K:
    """Register a kind, as a class or ready made; usable as a class decorator."""
    ready = kind() if isinstance(kind, type) else kind
    known = _kinds.get(ready.name)
    if known is not None and type(known).__qualname__ != type(ready).__qualname__:
        raise ValueError(f"two kinds of approval are called “{ready.name}”")
    _kinds[ready.name] = ready
    return kind


def find(name: str) -> Kind:
    """Raises LookupError when no app registered that kind."""
    discover("approval_kinds")
    try:
        return _kinds[name]
    except KeyError:
        raise LookupError(f"no kind of approval is called “{name}”") from None


def all_kinds() -> list[Kind]:
    """Every registered kind, by title."""
    discover("approval_kinds")
    return sorted(_kinds.values(), key=lambda kind: kind.title)
