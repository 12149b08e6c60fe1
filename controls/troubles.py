"""What every page has to say about machines until somebody has dealt with it: channels that are not back."""

from dataclasses import dataclass

from django.db.models import QuerySet
from django.urls import reverse

from controls.models import Lease, Restore, RestoreItem

SETTLED = {RestoreItem.Outcome.RESTORED, RestoreItem.Outcome.UNTOUCHED}


@dataclass(frozen=True)
class Trouble:
    """A banner: `manner` is bad or warn, `text` names the channels."""

    manner: str
    icon: str
    title: str
    text: str
    url: str
    link: str


def open_leases() -> QuerySet[Lease]:
    """Leases in the watchdog's care, with their channels and restores."""
    calm = {Lease.State.RELEASED, Lease.State.HELD, Lease.State.PARKED}
    return (
        Lease.objects.exclude(state__in=calm)
        .select_related("machine")
        .prefetch_related("locks__channel", "restores__items__channel")
        .order_by("id")
    )


def troubles() -> list[Trouble]:
    """One banner for each lease whose channels are not known to be back."""
    return [trouble for lease in open_leases() if (trouble := _trouble(lease)) is not None]


def last_restore(lease: Lease) -> Restore | None:
    """The latest of the restores that were prefetched with the lease."""
    return max(lease.restores.all(), key=lambda restore: restore.pk, default=None)


def _trouble(lease: Lease) -> Trouble | None:
    restore = last_restore(lease)
    missing = _missing(restore)
    names = ", ".join(sorted(lock.channel.name for lock in lease.locks.all())) or "its channels"
    where = f"{lease.machine.name}:"
    url = reverse("machine", args=[lease.machine.slug]) + "#restores"
    if lease.state == Lease.State.WAITING or (restore and restore.state == Restore.State.PARTIAL):
        text = f"{where} {missing or f'{names} wait for a person to confirm the way back'}. They stay locked."
        return Trouble("bad", "bi-exclamation-octagon-fill", "NOT RESTORED.", text, url, "Deal with it")
    if lease.state != Lease.State.RESTORING:
        return None
    if missing:
        return Trouble("bad", "bi-exclamation-octagon-fill", "Not restored yet.", f"{where} {missing}.", url, "Look")
    return Trouble(
        "warn", "bi-arrow-counterclockwise", "Restoring.", f"{where} {names} are on their way back.", url, "Look"
    )


def _missing(restore: Restore | None) -> str:
    if restore is None:
        return ""
    left = [item for item in restore.items.all() if item.outcome not in SETTLED | {RestoreItem.Outcome.WAITING}]
    return "; ".join(f"{item.channel.name} {item.get_outcome_display()}" for item in left)
