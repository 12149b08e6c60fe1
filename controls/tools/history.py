"""Where a channel was in the last day."""

import math
import statistics
from datetime import UTC, datetime
from typing import Any

from pydantic import BaseModel, Field

from controls.monitor import values
from controls.tools.finding import channel, link
from xoptweb.actors import Actor
from xoptweb.tools.registry import tool

MOST_POINTS = 200


class ChannelHistory(BaseModel):
    """Values of one channel, one a second, up to a day back; thinned to `points`, extremes kept."""

    machine: str = Field(description="Short name (slug) of the machine.", max_length=50)
    channel: str = Field(description="Short name of the channel.", max_length=60)
    seconds: float = Field(600, gt=0, le=86_400, description="How far back.")
    points: int = Field(60, ge=2, le=MOST_POINTS)


@tool("channel_history", "Read where a channel was in the last minutes or hours, with its extremes.", "view_machine")
def channel_history(arguments: ChannelHistory, *, by: Actor) -> dict[str, Any]:
    """Samples as [time, value], null where the channel did not answer, and what they are together."""
    found = channel(arguments.machine, arguments.channel)
    samples = values.history(found.machine, found.address, arguments.seconds, points=arguments.points)
    numbers = [value for _, value in samples if not math.isnan(value)]
    return {
        "channel": found.name,
        "units": found.units,
        "samples": [[_clock(moment), value] for moment, value in samples],
        "missing": len(samples) - len(numbers),
        "lowest": min(numbers, default=None),
        "highest": max(numbers, default=None),
        "mean": statistics.fmean(numbers) if numbers else None,
        "link": link(found),
    }


def _clock(moment: float) -> str:
    return datetime.fromtimestamp(moment, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
