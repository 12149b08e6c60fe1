"""Changing what a machine is: where it is found, its permit, its channels and their limits."""

import math
from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Model

from controls.models import Channel, ChannelLock, Lease, Machine
from controls.twins import twin_of, twins_elsewhere, words
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

MACHINE_FIELDS = (
    "slug", "name", "description", "address_list", "server_port", "auto_address", "permit_channel_id", "permit_value",
)  # fmt: skip
CHANNEL_FIELDS = (
    "machine_id", "name", "address", "protocol", "readback", "description", "group", "units", "precision", "writable",
    "low", "high", "max_step", "tolerance", "settle_s",
)  # fmt: skip
# what a writer relies on while it holds the channel
RELIED_ON = frozenset(CHANNEL_FIELDS) - {"description", "group", "units", "precision"}
MACHINE_RELIED_ON = frozenset(MACHINE_FIELDS) - {"name", "description"}


def save_channel(channel: Channel, *, by: Actor) -> Channel:
    """Create or change a channel.

    Raises:
        NotAllowed: `by` may not configure.
        Invalid: `fields` names what is wrong.
        Conflict: something holds the channel, and what its writer relies on would change.
    """
    require(by, "configure")
    _check(channel)
    with transaction("a channel changes with its audit entry, and not while it is in use"):
        # locked against a lease that is just being taken: its lock on the channel refers to this row
        before = _values(Channel.objects.select_for_update().filter(pk=channel.pk).first(), CHANNEL_FIELDS)
        after = _values(channel, CHANNEL_FIELDS)
        if reason := channel_obstacle(channel):
            raise Conflict(reason, code="channels_leased")
        channel.save()
        _record(by, "channel", channel, before, after)
        publish(f"machine:{channel.machine.slug}", "configured", {"channel": channel.name, "by": by.label})
    return channel


def save_machine(machine: Machine, *, by: Actor) -> Machine:
    """Create a machine or change how it is found and permitted; arming has a service of its own.

    Raises:
        NotAllowed: `by` may not configure.
        Invalid: `fields` names what is wrong.
        Conflict: channels of the machine are leased, and what their writers rely on would change.
    """
    require(by, "configure")
    _check(machine)
    if machine.permit_channel is not None and machine.permit_channel.machine_id != machine.pk:
        raise Invalid("The permit is a channel of another machine.", fields={"permit_channel": "Of another machine."})
    with transaction("a machine changes with its audit entry, and not while it is in use"):
        before = _values(Machine.objects.select_for_update().filter(pk=machine.pk).first(), MACHINE_FIELDS)
        if reason := machine_obstacle(machine):
            raise Conflict(reason, code="channels_leased")
        machine.save(update_fields=None if machine._state.adding else _columns(machine, MACHINE_FIELDS))
        _record(by, "machine", machine, before, _values(machine, MACHINE_FIELDS))
        publish(f"machine:{machine.slug}", "configured", {"by": by.label})
    return machine


def channel_obstacle(channel: Channel) -> str:
    """Why the channel may not be saved as it is now, or nothing."""
    present = Channel.objects.filter(pk=channel.pk).first()
    changed = _changed(present, channel, RELIED_ON)
    lock = ChannelLock.objects.filter(channel_id=channel.pk).select_related("lease").first()
    if not changed or lock is None:
        return ""
    return f"{channel.name} is in use by {lock.lease.holder}; {', '.join(changed)} can change when it is free again."


def machine_obstacle(machine: Machine) -> str:
    """Why the machine may not be saved as it is now, or nothing."""
    present = Machine.objects.filter(pk=machine.pk).first()
    changed = _changed(present, machine, MACHINE_RELIED_ON)
    lease = Lease.objects.filter(machine_id=machine.pk).exclude(state=Lease.State.RELEASED).first()
    if not changed or lease is None:
        return ""
    return f"{machine.name} is in use by {lease.holder}; {', '.join(changed)} can change when it is free again."


def channel_faults(channel: Channel) -> dict[str, str]:
    """What stands against a channel's being writable, by field; nothing for one that is only read."""
    if not channel.writable:
        return {}
    needed = ("low", "high", "max_step")
    found = {name: "A writable channel needs it." for name in needed if getattr(channel, name) is None}
    if channel.address and channel.machine_id and (twin := twin_of(channel)) is not None:
        found["address"] = words(channel, twin)
    return found


def machine_faults(machine: Machine) -> dict[str, str]:
    """What stands against finding the machine where it says, by field: a channel would have a twin there."""
    if machine._state.adding:
        return {}
    found = [words(mine, other) for mine, other in twins_elsewhere(machine, machine.channels.all())]
    return {"address_list": " ".join(found[:3])} if found else {}


def _check(row: Channel | Machine) -> None:
    """Raises Invalid with the model's own rules, for numbers that are none, and for limits that are missing."""
    fields = channel_faults(row) if isinstance(row, Channel) else machine_faults(row)
    for field in row._meta.fields:
        if isinstance(value := getattr(row, field.attname), float) and not math.isfinite(value):
            fields[field.name] = "A finite number is needed."
    try:
        if not fields:
            row.full_clean()
    except ValidationError as error:
        fields = {name: " ".join(messages) for name, messages in error.message_dict.items()}
    if fields:
        raise Invalid(" ".join(f"{name}: {reason}" for name, reason in fields.items()), fields=fields)


def _columns(row: Model, names: tuple[str, ...]) -> list[str]:
    """Field names of the attributes."""
    return [field.name for field in row._meta.fields if field.attname in names]


def _values(row: Model | None, names: tuple[str, ...]) -> dict[str, Any]:
    return {name: getattr(row, name) for name in names} if row is not None else {}


def _changed(present: Model | None, wanted: Model, names: frozenset[str]) -> list[str]:
    if present is None:
        return []
    return sorted(name.removesuffix("_id") for name in names if getattr(present, name) != getattr(wanted, name))


def _record(by: Actor, what: str, row: Model, before: dict[str, Any], after: dict[str, Any]) -> None:
    """Only what is different."""
    names = [name for name in after if before.get(name) != after[name]] if before else list(after)
    action = f"{what}.changed" if before else f"{what}.created"
    old = {name: before[name] for name in names} if before else None
    record(by, action, row, before=old, after={name: after[name] for name in names})
