"""How a lease ends, or passes to the watchdog. Every change is a guarded UPDATE on its state and token."""

from django.utils import timezone

from controls.models import ChannelLock, Lease
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction

OPEN = frozenset({state for state in Lease.State if state != Lease.State.RELEASED})


def release(lease: Lease, *, token: int | None = None) -> bool:
    """Free the channels. False when somebody else holds the lease by now: then it is theirs to free."""
    with transaction("a lease ends together with its locks"):
        held = Lease.objects.filter(pk=lease.pk, token=lease.token if token is None else token).exclude(
            state=Lease.State.RELEASED
        )
        if not held.update(state=Lease.State.RELEASED, ended_at=timezone.now()):
            return False
        ChannelLock.objects.filter(lease=lease).delete()
        publish(f"machine:{lease.machine.slug}", "released", {"lease": lease.pk, "holder": lease.holder})
    lease.state = Lease.State.RELEASED
    return True


def free_channels(lease: Lease, channels: list[int]) -> None:
    """Free some channels of a lease that keeps the others."""
    ChannelLock.objects.filter(lease=lease, channel_id__in=channels).delete()


def park(lease: Lease) -> Lease:
    """Leave the channels where they are, locked, in the watchdog's care (a long pause)."""
    return move(lease, Lease.State.PARKED)


def hand_over(lease: Lease, to: Lease.State = Lease.State.RESTORING) -> Lease:
    """Have the watchdog restore (`restoring`), or watch until the IOC has been quiet (`quiet`)."""
    with transaction("the watchdog takes over"):
        move(lease, Lease.State.RESTORING)
        if to == Lease.State.QUIET:
            move(lease, Lease.State.QUIET)
        publish(f"machine:{lease.machine.slug}", "handed_over", {"lease": lease.pk, "state": lease.state})
    return lease
