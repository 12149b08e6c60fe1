"""Restores as rows that pages show and people resolve."""

from collections.abc import Mapping

from django.utils import timezone

from controls.models import Lease, Restore, RestoreItem
from controls.restore.run import Item, ItemReport, Report
from xoptweb.live.services import publish
from xoptweb.transactions import transaction


def begin(lease: Lease, *, by: str, reason: str) -> Restore:
    """The open restore of a lease, or a new one with an item for each of its channels."""
    restore = lease.restores.filter(state=Restore.State.RUNNING).first()
    if restore is not None:
        return restore
    with transaction("a restore is recorded with its items"):
        restore = Restore.objects.create(lease=lease, snapshot=lease.snapshot, by=by[:150], reason=reason[:200])
        RestoreItem.objects.bulk_create(
            RestoreItem(restore=restore, channel_id=value.channel_id, target=value.value)
            for value in lease.snapshot.values.all()
        )
        publish(f"machine:{lease.machine.slug}", "restore", {"restore": restore.pk, "state": restore.state})
    return restore


def save(restore: Restore, report: Report, *, final: bool) -> Restore:
    """Write down where every channel is. `final`: nobody goes on with it by itself."""
    with transaction("a restore changes together with its items"):
        for pk, item in report.items.items():
            save_item(restore, pk, item)
        if report.done:
            restore.state = Restore.State.DONE
        elif final:
            restore.state = Restore.State.PARTIAL
        if restore.state != Restore.State.RUNNING:
            restore.finished_at = timezone.now()
        restore.save(update_fields=["state", "finished_at"])
        publish(
            f"machine:{restore.lease.machine.slug}", "restore", {"restore": restore.pk, "state": str(restore.state)}
        )
    return restore


def save_item(restore: Restore, channel: int, item: ItemReport) -> None:
    """`found` stays where the report says nothing new: a person may have consented to that value."""
    found = {} if item.found is None else {"found": item.found}
    RestoreItem.objects.filter(restore=restore, channel_id=channel).update(
        outcome=item.outcome, detail=item.detail[:300], **found
    )


def force(restore: Restore, found: Mapping[int, float | None]) -> None:
    """A person wants these channels back from where somebody else has put them; inside a transaction."""
    restore.forced_channels = list(found)
    restore.save(update_fields=["forced_channels"])
    for channel, value in found.items():
        restore.items.filter(channel_id=channel).update(found=value, outcome=Item.WAITING)


def forced(restore: Restore) -> dict[int, float | None]:
    """Channels that are still to be brought back from where somebody else has put them, with those values."""
    rows = restore.items.filter(channel_id__in=restore.forced_channels, outcome__in=[Item.WAITING, Item.UNREACHABLE])
    return dict(rows.values_list("channel_id", "found"))


def in_words(restore: Restore) -> str:
    """One sentence for a person: what is back, and what is not and why."""
    items = list(restore.items.select_related("channel"))
    back = [i.channel.name for i in items if i.outcome == Item.RESTORED]
    left = [i for i in items if i.outcome not in {Item.RESTORED, Item.UNTOUCHED}]
    if left:
        names = "; ".join(f"{i.channel.name} {i.get_outcome_display()}" + (f" ({i.detail})" if i.detail else "")
                          for i in left)  # fmt: skip
        return f"NOT RESTORED: {names}."
    return f"Restored {', '.join(back)}." if back else "Nothing had been moved."
