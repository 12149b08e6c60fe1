"""What channels read now."""

from typing import Annotated, Any

from pydantic import BaseModel, Field

from controls.models import Channel
from controls.monitor.values import Latest, read_now
from controls.tools.finding import link, machine
from xoptweb.actors import Actor
from xoptweb.errors import NotFound
from xoptweb.tools.registry import tool

READ_S = 2.0

Name = Annotated[str, Field(max_length=60)]


class ReadChannels(BaseModel):
    """Channels of one machine, by their short names."""

    machine: str = Field(description="Short name (slug) of the machine.", max_length=50)
    channels: list[Name] = Field(description="Short names of channels.", min_length=1, max_length=50)


@tool("read_channels", "Read the present values of channels from the control system.", "view_machine")
def read_channels(arguments: ReadChannels, *, by: Actor) -> dict[str, Any]:
    """Value, units, alarm and age of each channel; null where it does not answer."""
    where = machine(arguments.machine)
    rows = where.channels.filter(name__in=arguments.channels).select_related("machine")
    channels = {channel.name: channel for channel in rows}
    if missing := [name for name in arguments.channels if name not in channels]:
        raise NotFound(f"{where.name} has no channel {', '.join(missing)}.", code="no_such_channel")
    values = read_now(where, [channel.address for channel in channels.values()], READ_S)
    return {name: _shown(channel, values[channel.address]) for name, channel in channels.items()}


def _shown(channel: Channel, latest: Latest) -> dict[str, Any]:
    return {
        "channel": channel.name,
        "address": channel.address,
        "value": latest.value,
        "text": latest.text,
        "units": channel.units,
        "connected": latest.connected,
        "severity": latest.severity,
        "ioc_time": latest.ioc_time,
        "link": link(channel),
    }
