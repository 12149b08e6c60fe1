"""A trace as spans: what began, inside of what, and when it ended."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from xoptweb.live.models import Event

CLOSES = {"step_result": "step", "llm_result": "llm_call", "tool_result": "tool_call", "module_result": "module_call"}
OPENS = frozenset(CLOSES.values())
BRACKETS = frozenset({*CLOSES, *OPENS})
WHOLE = "module_call"  # the step by which a module says that it begins; nothing says that it has ended


@dataclass
class Span:
    """One event, or two that belong together. `ended_at` is None for what has no end, or none yet; `t` in seconds."""

    event: Event
    t: float
    depth: int
    end: Event | None = None
    ended_at: float | None = None

    @property
    def opens(self) -> bool:
        return self.event.kind in OPENS

    @property
    def is_whole(self) -> bool:
        """It stands for all that a module does."""
        return self.event.kind == "step" and self.event.payload.get("step_name") == WHOLE


class Pairing:
    """Takes a trace's events in their order. `spans` are what they make; `open` what has not ended, outermost first."""

    def __init__(self, began: datetime, depth: int = 0) -> None:
        self.began, self.depth = began, depth
        self.spans: list[Span] = []
        self.open: list[Span] = []

    def take(self, events: Iterable[Event]) -> None:
        for event in events:
            if event.kind in CLOSES and self.close(event):
                continue
            inside = 0 if event.kind == "state" else len(self.open)  # states are the run's, whatever it is doing
            span = Span(event, self.seconds(event), self.depth + inside)
            self.spans.append(span)
            if span.opens:
                self.open.append(span)

    def close(self, event: Event) -> bool:
        """End the innermost span that the event is the end of; whether there is one."""
        for place in range(len(self.open) - 1, -1, -1):
            span = self.open[place]
            if _belongs(span.event, event):
                span.end, span.ended_at = event, self.seconds(event)
                inner = self.open[place + 1 :]
                for one in inner:
                    one.ended_at = span.ended_at if one.is_whole else one.ended_at
                self.open[place:] = [one for one in inner if not one.is_whole]
                return True
        return False

    def seconds(self, event: Event) -> float:
        """When it was, after the run began."""
        t = event.payload.get("t")
        return float(t) if isinstance(t, int | float) else max(0.0, (event.at - self.began).total_seconds())


def _belongs(begin: Event, end: Event) -> bool:
    """Whether `end` tells the end of what `begin` began."""
    ours, theirs = begin.payload, end.payload
    if CLOSES[end.kind] != begin.kind:
        same = False
    elif begin.kind == "step":
        same = theirs.get("step_name") == f"{ours.get('step_name')}_result"
    elif begin.kind == "tool_call":
        same = ours.get("tool") == theirs.get("tool")
    elif begin.kind == "module_call" and "run" in ours:
        same = ours["run"] == theirs.get("run")
    elif begin.kind == "module_call":
        same = theirs.get("action") == f"{ours.get('action')}_result"
    else:
        same = True
    return bool(same)
