"""Finding machines and channels."""

from typing import Any

from django.db.models import Q
from pydantic import BaseModel, Field

from controls.models import Channel, Machine
from controls.tools.finding import link
from xoptweb.actors import Actor
from xoptweb.tools.registry import tool


class FindMachines(BaseModel):
    """All machines."""


@tool("find_machines", "List the machines with their short names and whether they are armed.", "view_machine")
def find_machines(arguments: FindMachines, *, by: Actor) -> list[dict[str, Any]]:
    return [
        {
            "machine": machine.slug,
            "name": machine.name,
            "description": machine.description,
            "armed": machine.armed,
            "link": f"/machine/{machine.slug}/",
        }
        for machine in Machine.objects.all()
    ]


class FindChannels(BaseModel):
    """Channels by words of their name, address, group or description; each word must be somewhere in them."""

    words: str = Field("", max_length=200)
    machine: str = Field("", description="Short name (slug) of a machine; empty: all.", max_length=50)
    writable: bool | None = Field(None, description="Only those that may, or may not, be written by campaigns.")
    limit: int = Field(30, ge=1, le=100)


@tool("find_channels", "Find channels with address, units, limits and description.", "view_machine")
def find_channels(arguments: FindChannels, *, by: Actor) -> dict[str, Any]:
    """What fits, and how many that are in all."""
    found = Channel.objects.select_related("machine").order_by("machine", "group", "name")
    if arguments.machine:
        found = found.filter(machine__slug=arguments.machine)
    if arguments.writable is not None:
        found = found.filter(writable=arguments.writable)
    for word in arguments.words.replace("\x00", "").split():
        found = found.filter(
            Q(name__icontains=word)
            | Q(address__icontains=word)
            | Q(group__icontains=word)
            | Q(description__icontains=word)
        )
    return {"total": found.count(), "channels": [_entry(channel) for channel in found[: arguments.limit]]}


def _entry(channel: Channel) -> dict[str, Any]:
    return {
        "machine": channel.machine.slug,
        "channel": channel.name,
        "address": channel.address,
        "group": channel.group,
        "description": channel.description,
        "units": channel.units,
        "writable": channel.writable,
        "limits": [channel.low, channel.high],
        "max_step": channel.max_step,
        "link": link(channel),
    }
