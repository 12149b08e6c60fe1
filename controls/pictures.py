"""A channel's history as an SVG that needs no script."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from xoptweb.web.values import duration, number

WIDTH, HEIGHT = 860, 220
LEFT, RIGHT, TOP, BOTTOM = 64, 12, 10, 26
TIME_TICKS = 6


@dataclass(frozen=True)
class Span:
    name: str
    label: str
    seconds: float


SPANS = (
    Span("5m", "5 min", 300),
    Span("1h", "1 h", 3600),
    Span("6h", "6 h", 6 * 3600),
    Span("24h", "24 h", 24 * 3600),
)


@dataclass(frozen=True)
class Tick:
    at: str
    label: str


@dataclass(frozen=True)
class Picture:
    """`lines` are polylines, one for each stretch without a gap; positions are in the view box's units."""

    width: int
    height: int
    lines: list[str]
    values: list[Tick]
    times: list[Tick]
    left: int
    right: int
    bottom: int
    summary: str


def span(name: str) -> Span:
    """The span called so; the shortest when there is none."""
    return next((one for one in SPANS if one.name == name), SPANS[0])


def history(samples: Sequence[tuple[float, float]], seconds: float, precision: int) -> Picture | None:
    """`samples` are (UNIX seconds, value) in order, NaN where the channel did not answer; None without any value."""
    finite = [value for _, value in samples if math.isfinite(value)]
    if not finite:
        return None
    low, high = _range(min(finite), max(finite))
    end = samples[-1][0]

    def x(moment: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * max(0.0, 1 - (end - moment) / seconds)

    def y(value: float) -> float:
        return TOP + (HEIGHT - TOP - BOTTOM) * (high - value) / (high - low)

    return Picture(
        width=WIDTH,
        height=HEIGHT,
        lines=[" ".join(f"{x(t):.1f},{y(v):.1f}" for t, v in stretch) for stretch in _stretches(samples)],
        values=[Tick(f"{y(value):.1f}", number(value, precision)) for value in _value_ticks(low, high)],
        times=[Tick(f"{x(end - age):.1f}", f"−{duration(age)}" if age else "now") for age in _ages(seconds)],
        left=LEFT,
        right=WIDTH - RIGHT,
        bottom=HEIGHT - BOTTOM,
        summary=f"between {number(min(finite), precision)} and {number(max(finite), precision)} in {duration(seconds)}",
    )


def _range(low: float, high: float) -> tuple[float, float]:
    air = 0.08 * (high - low) or abs(high) * 0.01 or 1.0
    return low - air, high + air


def _stretches(samples: Sequence[tuple[float, float]]) -> list[list[tuple[float, float]]]:
    stretches: list[list[tuple[float, float]]] = [[]]
    for moment, value in samples:
        if math.isfinite(value):
            stretches[-1].append((moment, value))
        elif stretches[-1]:
            stretches.append([])
    return [stretch for stretch in stretches if stretch]


def _value_ticks(low: float, high: float) -> list[float]:
    """Three to six round values between low and high."""
    step = 10 ** math.floor(math.log10((high - low) / 2))
    while (high - low) / step > 6:
        step *= 2 if (high - low) / step < 12 else 2.5
    first = math.ceil(low / step)
    return [step * index for index in range(first, math.floor(high / step) + 1)]


def _ages(seconds: float) -> list[float]:
    return [seconds * index / (TIME_TICKS - 1) for index in range(TIME_TICKS)]
