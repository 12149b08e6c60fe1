"""What a writer remembers of one leased channel."""

import math
from dataclasses import dataclass, field

from controls.gate.envelope import ChannelEnvelope
from controls.gate.ramp import same
from controls.models import Channel


@dataclass
class Line:
    """`expected` is the setpoint we believe the channel has; `unresolved` are puts whose fate is unknown."""

    channel: Channel
    start: float
    bounds: ChannelEnvelope | None = None
    expected: float = field(default=float("nan"))
    touched: int | None = None
    unresolved: list[float] = field(default_factory=list)

    def __post_init__(self) -> None:
        if self.expected != self.expected:
            self.expected = self.start

    @property
    def low(self) -> float:
        return -math.inf if self.channel.low is None else self.channel.low

    @property
    def high(self) -> float:
        return math.inf if self.channel.high is None else self.channel.high

    @property
    def span(self) -> float:
        return self.high - self.low

    @property
    def max_step(self) -> float:
        """A channel without a step is not writable, and moves nowhere."""
        own = self.channel.max_step or 0.0
        return min(own, self.bounds.max_step) if self.bounds else own

    @property
    def tolerance(self) -> float:
        return max(self.channel.tolerance, 1e-6 * self.span)

    def ours(self, present: float) -> bool:
        """Whether we, and nobody else, can have brought the channel to `present`."""
        return any(same(present, value, self.span) for value in (self.expected, *self.unresolved))

    def ours_or_back(self, present: float) -> bool:
        """The same, or the channel is where it was before us already (a server that was restarted)."""
        return self.ours(present) or same(present, self.start, self.span)

    def found(self, present: float) -> None:
        """The channel was read and is at one of our own values. A put that is under way can land all the same."""
        self.expected = present

    def accept(self, value: float) -> None:
        """A person wants the channel back from `value`, where somebody else has put it."""
        self.touched = self.touched or 0
        self.unresolved.append(value)

    def put(self, value: float, *, order: int) -> None:
        """A put of `value` is about to be sent; until it is confirmed it may or may not have arrived."""
        self.touched = order if self.touched is None else self.touched
        self.unresolved.append(value)

    def confirmed(self, value: float) -> None:
        self.expected = value
        self.unresolved.clear()
