"""What to do next, each with its reason."""

from collections.abc import Iterator, Sequence

from optimizer.analysis.best import Best
from optimizer.analysis.bounds import AtBound
from optimizer.analysis.convergence import Convergence
from optimizer.analysis.improvement import Improvement
from optimizer.analysis.points import Points
from optimizer.configuration import Configuration
from optimizer.words import listed, number, plural

MANY = 0.2  # of the evaluations


def recommendations(
    configuration: Configuration,
    points: Points,
    best: Best | None,
    change: Improvement | None,
    course: Convergence,
    bounds: Sequence[AtBound],
) -> list[str]:
    """Sentences for a person, most important first."""
    return [
        *_without_best(configuration, points, best),
        *_spoiled(points),
        *_at_bounds(bounds),
        *_uncertain(change),
        *_course(course),
    ]


def _without_best(configuration: Configuration, points: Points, best: Best | None) -> Iterator[str]:
    if best is not None:
        return
    if points.searched and configuration.constraints:
        names = listed([f"{name} {'>' if each.kind == 'greater_than' else '<'} {number(each.value)}"
                        for name, each in configuration.constraints.items()])  # fmt: skip
        yield f"No evaluation satisfied {names}: begin nearer to a good state, or widen the ranges."
    else:
        yield "No evaluation gave a result: look at the failures before trying again."


def _spoiled(points: Points) -> Iterator[str]:
    lost = sum(points.spoiled.values()) + points.without_result
    if not points.made or lost <= MANY * points.made:
        return
    reasons = [f"{code} ({count})" for code, count in points.spoiled.most_common(3)]
    if points.without_result:
        reasons.append(f"no number ({points.without_result})")
    yield f"{lost} of {plural(points.made, 'evaluation')} gave no result: {listed(reasons)}."


def _at_bounds(bounds: Sequence[AtBound]) -> Iterator[str]:
    for each in bounds:
        where = f"{each.variable} is best at the {'lower' if each.side == 'low' else 'upper'} end of its range"
        if each.is_limit:
            yield f"{where}, which is the channel's limit."
        else:
            yield f"{where} ({number(each.bound)} {each.units}".rstrip() + "): widen it there."


def _uncertain(change: Improvement | None) -> Iterator[str]:
    if change is not None and change.better and not change.significant:
        yield "The improvement is within the noise: take more samples per evaluation, or confirm it again."


def _course(course: Convergence) -> Iterator[str]:
    if course.verdict == "improving":
        yield "More evaluations can improve it further."
    elif course.verdict == "stagnated":
        yield "More of the same will hardly help: try other variables, wider ranges or another generator."
