"""A day of one channel's values, one a second, in little memory."""

import math
from array import array

DAY_S = 86400


class Ring:
    """Samples of one second each; 12 bytes a sample, taken as they are needed."""

    def __init__(self, seconds: int = DAY_S) -> None:
        self._length = seconds
        self._times = array("I")  # UNIX seconds
        self._values = array("d")
        self._next = 0

    def add(self, moment: float, value: float) -> None:
        """One sample; a second one within the same second is left out. NaN says that there was no value."""
        second = int(moment)
        if self._times and second == self._times[self._next - 1]:
            return
        if len(self._times) < self._length:
            self._times.append(second)
            self._values.append(value)
        else:
            self._times[self._next] = second
            self._values[self._next] = value
        self._next = (self._next + 1) % self._length

    def since(self, moment: float) -> list[tuple[int, float]]:
        """(UNIX seconds, value) from `moment` on, oldest first."""
        start = self._next if len(self._times) == self._length else 0
        order = (*range(start, len(self._times)), *range(start))
        return [(self._times[i], self._values[i]) for i in order if self._times[i] >= moment]


def thin(samples: list[tuple[int, float]], points: int) -> list[tuple[int, float]]:
    """About `points` of the samples: of each stretch the lowest, the highest, and one gap where there is any."""
    if len(samples) <= points:
        return samples
    stretch = math.ceil(2 * len(samples) / points)
    thinned: list[tuple[int, float]] = []
    for start in range(0, len(samples), stretch):
        part = samples[start : start + stretch]
        numbers = [sample for sample in part if not math.isnan(sample[1])]
        chosen = {min(numbers, key=_value), max(numbers, key=_value)} if numbers else set()
        gaps = [sample for sample in part if math.isnan(sample[1])]
        thinned += sorted(chosen | set(gaps[:1]))
    return thinned


def _value(sample: tuple[int, float]) -> float:
    return sample[1]
