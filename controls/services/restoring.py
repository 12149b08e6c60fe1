"""What a person can say about a lease that waits: bring it back, or accept where the channels are."""

from django.utils import timezone

from controls import holders
from controls.leases.end import release
from controls.models import Lease, RestoreItem
from controls.restore import record
from xoptweb.accounts.permissions import require, require_confirmed
from xoptweb.actors import Actor
from xoptweb.audit.services import record as audit
from xoptweb.errors import Conflict
from xoptweb.live.services import publish
from xoptweb.states import move
from xoptweb.transactions import transaction

LEFT = {RestoreItem.Outcome.FOREIGN, RestoreItem.Outcome.FAILED}


def confirm(lease: Lease, *, by: Actor, also_foreign: bool = False) -> Lease:
    """Have the watchdog restore a waiting lease; with `also_foreign` also what somebody else has moved since, from
    the values at which it was found: what moves again after that is left again.

    Raises:
        NotAllowed, ConfirmationNeeded: `by` may not, or must give the password again.
        Conflict: the lease does not wait, or the machine is not armed.
    """
    require(by, "run_campaigns")
    require_confirmed(by)
    if not lease.machine.armed:
        raise Conflict(f"{lease.machine.name} is not armed: nothing may be put.", code="not_armed")
    with transaction("a confirmed restore goes to the watchdog"):
        before = lease.restores.order_by("-id").first()
        move(lease, Lease.State.RESTORING, expected={Lease.State.WAITING}, renewed_at=timezone.now())
        restore = record.begin(lease, by=by.label, reason="confirmed by a person")
        if also_foreign and before is not None:
            left = before.items.filter(outcome__in=LEFT)
            record.force(restore, dict(left.values_list("channel_id", "found")))
        audit(by, "restore.confirmed", lease, label=lease.holder, after={"forced": restore.forced_channels})
    return lease


def accept(lease: Lease, reason: str, *, by: Actor) -> Lease:
    """Accept the channels where they are and free them; the record keeps saying that they were not restored.

    Raises:
        NotAllowed, ConfirmationNeeded: `by` may not, or must give the password again.
        Conflict: the lease does not wait.
    """
    require(by, "decide")
    require_confirmed(by)
    with transaction("an accepted lease is freed and its holder knows"):
        fresh = Lease.objects.select_related("machine").get(pk=lease.pk)
        if fresh.state != Lease.State.WAITING or not release(fresh):
            raise Conflict("This restore does not wait for a person any more.", code="wrong_state")
        audit(by, "restore.accepted", fresh, label=fresh.holder, after={"reason": reason})
        publish(f"machine:{fresh.machine.slug}", "accepted", {"lease": fresh.pk, "by": by.label, "reason": reason})
    holders.tell(fresh, lambda holder: holder.released(fresh))
    return fresh
