"""What the database knows of a lease's channels, for whoever goes on with it."""

from collections.abc import Mapping

from controls.gate.codes import Code, Outcome
from controls.gate.envelope import ChannelEnvelope
from controls.gate.line import Line
from controls.models import Lease, Write

REACHED_SERVER = {Outcome.CONFIRMED, Outcome.MISMATCH}
NEVER_SENT = {Outcome.REFUSED, Outcome.FAILED, Outcome.CONFLICT}


def lines_of(lease: Lease, bounds: Mapping[int, ChannelEnvelope] | None = None) -> dict[int, Line]:
    """One line a channel: its recorded value, what we last put, and puts whose fate is unknown."""
    values = lease.snapshot.values.select_related("channel")
    lines = {v.channel_id: Line(v.channel, v.value, (bounds or {}).get(v.channel_id)) for v in values}
    for write in lease.writes.order_by("id"):
        if write.value is not None and write.channel_id in lines:
            _follow(lines[write.channel_id], write, write.value)
    return lines


def _follow(line: Line, write: Write, value: float) -> None:
    if write.outcome in NEVER_SENT:
        return
    line.put(value, order=write.sequence)
    answered = write.outcome == Outcome.UNCONFIRMED and write.code != Code.NO_ANSWER
    if write.outcome in REACHED_SERVER or answered:
        line.confirmed(value)
