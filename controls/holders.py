"""What holds leases registers here, so that the watchdog can tell it what became of them."""

import logging
from collections.abc import Callable
from typing import Protocol

from controls.models import Lease, Machine, Restore
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)


class Holder(Protocol):
    """Each call but `stopped` runs in a transaction of the caller's; none may wait for anything."""

    def taken(self, lease: Lease, reason: str) -> None:
        """The writer died or froze; the watchdog restores now."""

    def restored(self, lease: Lease, restore: Restore) -> None:
        """The way back ended: done, or partial with channels named in its items."""

    def waiting(self, lease: Lease, reason: str) -> None:
        """Nothing is put until a person confirms or arms; the channels stay locked."""

    def released(self, lease: Lease) -> None:
        """The channels are free again."""

    def stopped(self, machine: Machine, reason: str) -> list[str]:
        """STOP was pressed, and every lease of the machine has been told. End what has not begun to move yet, in
        transactions of its own; return what was stopped, for a person.
        """


_holders: dict[str, Holder] = {}


def register(prefix: str, holder: Holder) -> None:
    """`prefix` is the `app.model` of the keys in `Lease.holder`."""
    _holders[prefix] = holder


def of(lease: Lease) -> Holder | None:
    return _holders.get(lease.holder.partition(":")[0])


def tell(lease: Lease, what: Callable[[Holder], None]) -> None:
    """Tell the lease's holder something. What it makes of it never holds up the machine: its errors are logged."""
    holder = of(lease)
    if holder is None:
        return
    try:
        with transaction("what a lease's holder makes of its fate"):
            what(holder)
    except Exception:
        log.exception("the holder %s of lease %s could not be told", lease.holder, lease.pk)


def every() -> list[Holder]:
    return list(_holders.values())
