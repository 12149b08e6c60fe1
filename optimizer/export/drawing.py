"""A campaign's objective over its evaluations as one image that stands by itself, drawn without any library."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

from optimizer.configuration import Configuration
from optimizer.models import Campaign, Evaluation
from xoptweb.web.values import number, units, visible

WIDTH, HEIGHT = 960, 480
LEFT, RIGHT, TOP, BOTTOM = 84, 20, 56, 52
TICKS = 5
FONT = 'font-family="Inter, Helvetica, Arial, sans-serif"'


@dataclass(frozen=True)
class Point:
    """One completed evaluation; `at` counts over all iterations from 1."""

    at: int
    value: float
    feasible: bool


def points(campaign: Campaign) -> list[Point]:
    """Completed evaluations with a finite objective, in the order in which they were made."""
    rows = Evaluation.objects.filter(execution__iteration__campaign=campaign, state=Evaluation.State.COMPLETED)
    found = rows.order_by("execution__iteration__number", "number").values_list("objective", "feasible")
    return [
        Point(at, float(value), feasible is not False)
        for at, (value, feasible) in enumerate(found, 1)
        if value is not None and math.isfinite(value)
    ]


def svg(campaign: Campaign) -> str:
    """The image: each evaluation, the best so far as a line, what broke a constraint as a cross."""
    drawn = points(campaign)
    name = campaign.objective.name
    title = visible(f"{campaign.sentence}, campaign {campaign.pk}")[:110]
    axis = f"{name} / {units(campaign.objective.units)}" if campaign.objective.units else name
    if not drawn:
        body = _text(WIDTH / 2, HEIGHT / 2, "No evaluation was completed.", anchor="middle")
    else:
        body = _Plot(drawn, _baseline(campaign), down=campaign.objective.direction == "minimize").body()
    labels = (
        f"{_text(LEFT, 30, title, size=17)}"
        f"{_text(WIDTH / 2, HEIGHT - 12, 'evaluation', anchor='middle')}"
        f'<g transform="translate(20 {HEIGHT / 2}) rotate(-90)">{_text(0, 0, axis, anchor="middle")}</g>'
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" height="{HEIGHT}"'
        f" {FONT}>"
        f'<rect width="100%" height="100%" fill="#fff"/>{labels}{body}</svg>'
    )


def _baseline(campaign: Campaign) -> float | None:
    first = campaign.iterations.exclude(configuration=None).order_by("number").first()
    base = Configuration.model_validate(first.configuration).baseline if first is not None else None
    return base.value if base is not None and math.isfinite(base.value) else None


def ticks(low: float, high: float) -> list[float]:
    """Round numbers between the two, about `TICKS` of them."""
    rough = (high - low) / TICKS
    power = 10.0 ** math.floor(math.log10(rough))
    step = power * next(each for each in (1, 2, 5, 10) if each * power >= rough)
    return [step * count for count in range(math.ceil(low / step), math.floor(high / step) + 1)]


class _Plot:
    def __init__(self, drawn: Sequence[Point], baseline: float | None, *, down: bool) -> None:
        self.points, self.baseline, self.down = drawn, baseline, down
        values = [point.value for point in drawn] + ([baseline] if baseline is not None else [])
        low, high = min(values), max(values)
        room = 0.06 * (high - low) or abs(high) * 0.1 or 1.0
        self.low, self.high, self.last = low - room, high + room, max(point.at for point in drawn)

    def x(self, at: float) -> float:
        return LEFT + (WIDTH - LEFT - RIGHT) * (at - 0.5) / self.last

    def y(self, value: float) -> float:
        return HEIGHT - BOTTOM - (HEIGHT - TOP - BOTTOM) * (value - self.low) / (self.high - self.low)

    def axes(self) -> Iterable[str]:
        for value in ticks(self.low, self.high):
            y = self.y(value)
            yield f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#dde4ea"/>'
            yield _text(LEFT - 8, y + 4, number(value), anchor="end")
        for at in sorted({1, self.last, *(round(self.last * part / 4) or 1 for part in range(1, 4))}):
            yield _text(self.x(at), HEIGHT - BOTTOM + 18, str(at), anchor="middle")

    def best(self) -> str:
        """The line of the best feasible value so far."""
        path, best = "", None
        for point in self.points:
            better = best is None or (point.value < best if self.down else point.value > best)
            if point.feasible and better:
                best = point.value
                x, y = f"{self.x(point.at):.1f}", f"{self.y(best):.1f}"
                path += f"H{x}V{y}" if path else f"M{x} {y}"
        return f'<path d="{path}H{WIDTH - RIGHT}" fill="none" stroke="#0b7f92" stroke-width="2"/>' if path else ""

    def marks(self) -> Iterable[str]:
        for point in self.points:
            x, y = self.x(point.at), self.y(point.value)
            if point.feasible:
                yield f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="#52646f"/>'
            else:
                yield f'<path d="M{x - 3:.1f} {y - 3:.1f}l6 6m0-6l-6 6" stroke="#c62f2c" stroke-width="1.5"/>'

    def base(self) -> str:
        if self.baseline is None:
            return ""
        y = self.y(self.baseline)
        line = f'<path d="M{LEFT} {y:.1f}H{WIDTH - RIGHT}" stroke="#6a4fd0" stroke-dasharray="6 4"/>'
        return line + _text(WIDTH - RIGHT, y - 6, "before", anchor="end", fill="#6a4fd0")

    def body(self) -> str:
        return "".join([*self.axes(), self.base(), *self.marks(), self.best()])


def _text(x: float, y: float, text: str, *, anchor: str = "start", size: int = 13, fill: str = "#17212a") -> str:
    place = f'x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{fill}"'
    return f"<text {place}>{escape(text)}</text>"
