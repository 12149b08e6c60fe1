"""One magnet's power supply: it follows its setpoint with a lag, and its readback follows it."""

import math
from collections import deque
from dataclasses import dataclass, field

LAG_S = 0.02
SETTLED = 1e-4  # of the full range: nearer than this counts as arrived


@dataclass
class Supply:
    """`actual` is what acts on the beam; both are in the magnet's own units, times in seconds of one clock."""

    actual: float
    noise: float  # rms of the readback
    full_range: float
    _then: float | None = None
    _past: deque[tuple[float, float]] = field(default_factory=deque)

    def follow(self, setpoint: float, now: float) -> bool:
        """Move towards the setpoint, and tell whether it is still under way."""
        elapsed = 0.0 if self._then is None else now - self._then
        self._then = now
        self.actual += (setpoint - self.actual) * -math.expm1(-elapsed / LAG_S)
        self._past.append((now, self.actual))
        return abs(setpoint - self.actual) > SETTLED * self.full_range

    def seen(self, delay_s: float, now: float) -> float:
        """What it was `delay_s` ago, as far as is remembered; older values are forgotten."""
        while len(self._past) > 1 and self._past[1][0] <= now - delay_s:
            self._past.popleft()
        return self._past[0][1] if self._past else self.actual
