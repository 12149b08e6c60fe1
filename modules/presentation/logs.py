"""The log of the last installation or sync, from the events of its stream."""

from dataclasses import dataclass
from datetime import datetime

from xoptweb.live.models import Event
from xoptweb.web.values import visible

LOOKED_BACK = 1000  # events
MOST_LINES = 400
BEGINNINGS = {"building", "running"}


@dataclass(frozen=True)
class Line:
    at: datetime
    text: str
    manner: str = ""


@dataclass(frozen=True)
class Log:
    """`about` is what is said at its beginning: a version. `state` is how it stands."""

    lines: list[Line]
    about: str = ""
    by: str = ""
    state: str = ""
    seconds: float | None = None

    @property
    def going_on(self) -> bool:
        return self.state in BEGINNINGS


NOTHING_YET = Log([])


def last_log(stream: str, *, states: str) -> Log:
    """Of the last thing that began on this stream; `states` is the kind of event that tells how it stands. One query.

    Only the stream's last events are looked at: older logs are history, which the audit log has in short.
    """
    rows = Event.objects.filter(stream=stream).order_by("-number")[:LOOKED_BACK]
    found: list[Event] = []
    for event in rows:
        if event.kind not in ("log", states):
            continue
        found.append(event)
        if event.kind == states and event.payload.get("state") in BEGINNINGS:
            return _log(found[::-1], states)
    return NOTHING_YET


def _log(events: list[Event], states: str) -> Log:
    begin = events[0].payload
    last = next((event.payload for event in reversed(events) if event.kind == states), begin)
    return Log(
        lines=[_line(event) for event in events if event.kind == "log" or "error" in event.payload][-MOST_LINES:],
        about=str(begin.get("version", "")),
        by=str(begin.get("by", "")),
        state=str(last.get("state", "")),
        seconds=last.get("seconds"),
    )


def _line(event: Event) -> Line:
    if event.kind == "log":
        return Line(event.at, visible(event.payload.get("line", "")))
    return Line(event.at, visible(event.payload["error"]), "bad")
