"""The trace of a run as a waterfall, a page of events at a time, with the runs that it called inside of it.

A page is found by the numbers of its events, which have no gaps, so that the last page of a long trace costs no more
than the first.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property

from django.utils import timezone

from modules.models import Run
from modules.presentation.rows import Row, Scale, Shown, crumb, row
from modules.presentation.spans import BRACKETS, Pairing, Span
from modules.presentation.words import took
from modules.services import traces
from xoptweb.live.models import Event, Stream

EVENTS_A_PAGE = 250
LOOKED_AROUND = 400  # events before and behind a page, for what began or ends there
EVENTS_OF_A_CALL = 60
CALLS_SHOWN = 40  # on one page, at one depth
DEEPEST_CALLS = 4
FOLLOWED = 10  # running calls whose events come live
LATEST = "latest"


@dataclass(frozen=True)
class Called:
    """A run that was called, with the beginning of its trace."""

    run: Run
    events: list[Event]
    total: int

    @property
    def more(self) -> str:
        left = self.total - EVENTS_OF_A_CALL
        return f"{left} more event{'s' if left != 1 else ''} of run {self.run.pk}" if left > 0 else ""


class Waterfall:
    """`asked` is the number of a page, `latest`, or empty: the first page, while it runs the latest."""

    def __init__(self, run: Run, asked: str = "") -> None:
        self.run = run
        self.first = 1 if run.attempt <= 1 else traces.last_beginning(run)
        self.last = Stream.objects.filter(name=run.stream).values_list("last", flat=True).first() or 0
        self.token = self._token(asked)
        self.number = self.pages if self.token == LATEST else min(self.pages, int(self.token))

    def _token(self, asked: str) -> str:
        """What the address of the refreshed part names, so that a page that follows the end goes on doing so."""
        if asked.isdecimal() and len(asked) < 9:
            return str(max(1, int(asked)))
        return LATEST if asked == LATEST or not self.run.ended else "1"

    # -- pages

    @property
    def total(self) -> int:
        return max(0, self.last - self.first + 1)

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // EVENTS_A_PAGE))

    @property
    def several(self) -> bool:
        return self.pages > 1

    @property
    def earlier(self) -> int | None:
        return self.number - 1 if self.number > 1 else None

    @property
    def later(self) -> int | None:
        return self.number + 1 if self.number < self.pages else None

    @property
    def begins(self) -> int:
        """The number of the first event of this page."""
        return self.first + (self.number - 1) * EVENTS_A_PAGE

    @property
    def ends(self) -> int:
        return min(self.last, self.begins + EVENTS_A_PAGE - 1)

    @property
    def shown_from(self) -> int:
        return self.begins - self.first + 1

    @property
    def shown_to(self) -> int:
        return self.ends - self.first + 1

    @property
    def grows(self) -> bool:
        """New events appear on this page."""
        return not self.run.ended and self.number == self.pages

    # -- what is on it

    @cached_property
    def began(self) -> datetime:
        return self.run.started_at or self.run.created_at

    @cached_property
    def pairing(self) -> Pairing:
        """The page's events, in what began before, and with the ends that come behind."""
        pairing = Pairing(self.began)
        if self.number > 1:
            pairing.take(self._brackets(self.begins - LOOKED_AROUND, self.begins - 1))
            pairing.spans = []
        self.inside = list(pairing.open)
        pairing.take(self._events(self.begins, self.ends))
        if self.later is not None and pairing.open:
            shown = len(pairing.spans)
            pairing.take(self._brackets(self.ends + 1, self.ends + LOOKED_AROUND))
            del pairing.spans[shown:]
        return pairing

    def _events(self, first: int, last: int) -> list[Event]:
        rows = Event.objects.filter(stream=self.run.stream, number__gte=first, number__lte=last)
        return list(rows.order_by("number"))

    def _brackets(self, first: int, last: int) -> list[Event]:
        return [event for event in self._events(max(first, self.first), last) if event.kind in BRACKETS]

    @cached_property
    def calls(self) -> dict[int, Called]:
        """The runs that are called on this page, and those that these called: three queries for each depth."""
        found: dict[int, Called] = {}
        wanted = called_by(self.pairing.spans)
        for _ in range(DEEPEST_CALLS):
            level = load(wanted[:CALLS_SHOWN])
            if not level:
                break
            found |= level
            wanted = [number for one in level.values() for number in called_in(one.events) if number not in found]
        return found

    @property
    def followed(self) -> list[Run]:
        """Runs that go on below this one."""
        return [one.run for one in self.calls.values() if not one.run.ended][:FOLLOWED]

    @cached_property
    def shown(self) -> list[Shown]:
        return arranged(self.run, self.pairing.spans, self.calls, offset=0.0)

    @cached_property
    def scale(self) -> Scale:
        everything = list(flat(self.shown))
        moments = [one.begin for one in everything] + [one.end for one in everything if one.end is not None]
        last = max(moments, default=0.0)
        if self.grows and self.run.started_at is not None:
            last = max(last, (timezone.now() - self.run.started_at).total_seconds())
        first = 0.0 if self.number == 1 else min((one.begin for one in self.shown), default=0.0)
        return Scale(first, last)

    @cached_property
    def rows(self) -> list[Row]:
        return [row(one, self.scale) for one in flat(self.shown)]

    @property
    def crumbs(self) -> list[str]:
        """What the first event of the page is inside of."""
        _ = self.pairing
        return [crumb(span) for span in self.inside]

    @property
    def ticks(self) -> list[str]:
        """The times at the left end, in the middle and at the right end of the bars."""
        middle = (self.scale.first + self.scale.last) / 2
        return [took(at) for at in (self.scale.first, middle, self.scale.last)]


def called_by(spans: Iterable[Span]) -> list[int]:
    return called_in(span.event for span in spans)


def called_in(events: Iterable[Event]) -> list[int]:
    """Numbers of the runs that were called."""
    numbers = (event.payload.get("run") for event in events if event.kind == "module_call")
    return [number for number in numbers if isinstance(number, int)]


def load(numbers: list[int]) -> dict[int, Called]:
    """Those runs with the beginnings of their traces."""
    if not numbers:
        return {}
    fields = ("pk", "state", "started_at", "created_at", "ended_at", "attempt", "version")
    runs = {run.pk: run for run in Run.objects.filter(pk__in=numbers).only(*fields)}
    names = {run.stream: run.pk for run in runs.values()}
    totals = dict(Stream.objects.filter(name__in=names).values_list("name", "last"))
    events: dict[int, list[Event]] = {number: [] for number in runs}
    rows = Event.objects.filter(stream__in=names, number__lte=EVENTS_OF_A_CALL).order_by("stream", "number")
    for event in rows:
        events[names[event.stream]].append(event)
    return {number: Called(run, events[number], totals.get(run.stream, 0)) for number, run in runs.items()}


def arranged(
    run: Run, spans: Iterable[Span], calls: Mapping[int, Called], *, offset: float, ended: float | None = None
) -> list[Shown]:
    """The spans of one run, each with those of the run it called. `offset` is when the run began, on the page's clock;
    `ended` when it ended, where that is known."""
    shown = []
    over = run_seconds(run) if ended is None else ended
    for span in spans:
        end = span.ended_at
        if end is None and span.is_whole:
            end = over
        one = Shown(run.pk, span, offset + span.t, None if end is None else offset + end, live=not run.ended)
        called = calls.get(span.event.payload.get("run", 0)) if span.event.kind == "module_call" else None
        if called is not None:
            inner = Pairing(called.run.started_at or called.run.created_at, span.depth + 1)
            inner.take(called.events)
            own_end = None if span.ended_at is None else span.ended_at - span.t
            one.children = arranged(called.run, inner.spans, calls, offset=one.begin, ended=own_end)
            one.more = called.more
        shown.append(one)
    return shown


def run_seconds(run: Run) -> float | None:
    """How long it took; None while it runs."""
    if run.ended_at is None or run.started_at is None:
        return None
    return (run.ended_at - run.started_at).total_seconds()


def flat(shown: Iterable[Shown]) -> Iterable[Shown]:
    for one in shown:
        yield one
        yield from flat(one.children)
