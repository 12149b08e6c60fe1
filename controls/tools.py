"""Tools of agents: reading channels."""

from typing import Any

from pydantic import BaseModel, Field

from controls.models import Channel, Machine
from controls.monitor.values import Latest, read_now
from xoptweb.actors import Actor
from xoptweb.errors import NotFound
from xoptweb.tools.registry import tool

READ_S = 2.0


class ReadChannels(BaseModel):
    """Channels of one machine, by their short names."""

    machine: str = Field(description="Short name (slug) of the machine.", max_length=50)
    channels: list[str] = Field(description="Short names of channels.", min_length=1, max_length=50)


@tool("read_channels", "Read the present values of channels from the control system.", "view_machine")
def read_channels(arguments: ReadChannels, *, by: Actor) -> dict[str, Any]:
    """Value, units, alarm and age of each channel; null where it does not answer."""
    machine = Machine.objects.filter(slug=arguments.machine).first()
    if machine is None:
        raise NotFound(f"There is no machine “{arguments.machine}”.", code="no_such_machine")
    channels = {channel.name: channel for channel in machine.channels.filter(name__in=arguments.channels)}
    if missing := [name for name in arguments.channels if name not in channels]:
        raise NotFound(f"{machine.name} has no channel {', '.join(missing)}.", code="no_such_channel")
    values = read_now(machine, [channel.address for channel in channels.values()], READ_S)
    return {name: _shown(channel, values[channel.address]) for name, channel in channels.items()}


def _shown(channel: Channel, latest: Latest) -> dict[str, Any]:
    return {
        "address": channel.address,
        "value": latest.value,
        "text": latest.text,
        "units": channel.units,
        "connected": latest.connected,
        "severity": latest.severity,
        "ioc_time": latest.ioc_time,
    }
