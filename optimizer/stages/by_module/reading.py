"""Which channels a run has really read, from its trace: what a module says of itself is not enough."""

from collections.abc import Iterator
from typing import Any

from modules.models import Run
from xoptweb.live.models import Event

READING = "read_channels"
HISTORY = "channel_history"


def channels_read(run: Run) -> frozenset[str]:
    """Short names of channels that a tool read for the run, or for a run that it called, and that answered.

    Of a history, one value in it is an answer.
    """
    streams = [run.stream, *(child.stream for child in Run.objects.filter(parent=run))]
    rows = Event.objects.filter(stream__in=streams, kind="tool_result").values_list("payload", flat=True)
    return frozenset(name for payload in rows for name in _names(payload))


def _names(payload: dict[str, Any]) -> Iterator[str]:
    result = payload.get("result")
    if not isinstance(result, dict):
        return
    if payload.get("tool") == READING:
        yield from (name for name, one in result.items() if isinstance(one, dict) and one.get("connected"))
    elif payload.get("tool") == HISTORY and isinstance(result.get("channel"), str) and result.get("lowest") is not None:
        yield result["channel"]
