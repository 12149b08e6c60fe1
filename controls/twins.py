"""One record, one writable channel: also where two machines are served by the same control system."""

from collections.abc import Iterable

from controls.connectors.registry import address_list
from controls.models import Channel, Machine

VALUE = ".VAL"  # `R` and `R.VAL` are one


def twin_of(channel: Channel) -> Channel | None:
    """Another writable channel for the same record, on the same machine or on one that searches where this one does."""
    names = _names(channel.address)
    others = Channel.objects.filter(address__in=names, writable=True).exclude(pk=channel.pk).select_related("machine")
    machine = channel.machine
    return next((each for each in others if each.machine_id == machine.pk or meet(machine, each.machine)), None)


def twins_elsewhere(machine: Machine, channels: Iterable[Channel]) -> list[tuple[Channel, Channel]]:
    """The writable ones of `channels` with their twins on other machines, if `machine` is found as it says now."""
    mine = {name: each for each in channels if each.writable for name in _names(each.address)}
    others = Channel.objects.filter(address__in=mine, writable=True).exclude(machine_id=machine.pk)
    found = others.select_related("machine").order_by("machine_id", "name")
    return [(mine[other.address], other) for other in found if meet(machine, other.machine)]


def meet(one: Machine, other: Machine) -> bool:
    """Whether both search for their channels at a common place."""
    return bool(address_list(one).servers() & address_list(other).servers())


def words(mine: Channel, other: Channel) -> str:
    """Why the two can't both be, as a sentence."""
    where = "" if mine.machine_id == other.machine_id else f" of {other.machine}"
    return f"{other}{where} writes to the same process variable, and one has one writer."


def _names(address: str) -> list[str]:
    record = address.removesuffix(VALUE)
    return [record, record + VALUE]
