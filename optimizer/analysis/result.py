"""One execution's analysis, as it is stored with its iteration."""

from dataclasses import dataclass
from typing import Any

from controls.gate.codes import Code
from optimizer.analysis.best import best_of
from optimizer.analysis.bounds import at_bounds
from optimizer.analysis.convergence import Convergence, convergence
from optimizer.analysis.improvement import Improvement, improvement
from optimizer.analysis.noise import noise
from optimizer.analysis.points import Points, read
from optimizer.analysis.recommendations import recommendations
from optimizer.configuration import Configuration
from optimizer.execution.endings import in_words
from optimizer.models import Campaign, Execution
from optimizer.words import plural

Ending = Execution.Ending


@dataclass(frozen=True)
class Analysis:
    """`text` says it in two or three sentences; `content` is everything, as JSON."""

    text: str
    change: Improvement | None
    course: Convergence
    content: dict[str, Any]


def analyse(execution: Execution, configuration: Configuration, final: str) -> Analysis:
    """What the recorded evaluations say. Nothing here is taken from anything but the record."""
    points = read(execution, configuration)
    feasible = points.feasible
    best = best_of(feasible, points.confirmed, configuration)
    change = improvement(configuration, best)
    scatter = noise(feasible, points.confirmed, configuration)
    improved = change is not None and change.better and change.significant
    course = convergence(feasible, configuration, scatter.value if scatter else None, improved=improved)
    bounds = at_bounds(configuration, best.inputs) if best is not None else []
    advice = recommendations(configuration, points, best, change, course, bounds)
    goal, base = configuration.objective, configuration.baseline
    text = _text(execution, points, change, course, final)
    content = {
        "text": text,
        "objective": {"name": goal.name, "direction": goal.direction, "units": goal.units},
        "ending": execution.ending,
        "ending_message": execution.message,
        "code": execution.code,
        "final": final,
        "evaluations": _counts(points),
        "baseline": base.model_dump() if base is not None else None,
        "best": best.as_json() if best is not None else None,
        "improvement": change.as_json() if change is not None else None,
        "noise": scatter.as_json() if scatter is not None else None,
        "convergence": course.as_json(),
        "at_bounds": [each.as_json() for each in bounds],
        "recommendations": advice,
    }
    return Analysis(text, change, course, content)


def _counts(points: Points) -> dict[str, Any]:
    return {
        "made": points.made,
        "completed": len(points.searched) + points.without_result,
        "feasible": len(points.feasible),
        "infeasible": len(points.searched) - len(points.feasible),
        "without_result": points.without_result,
        "spoiled": dict(points.spoiled),
        "confirmations": len(points.confirmed),
    }


def _text(execution: Execution, points: Points, change: Improvement | None, course: Convergence, final: str) -> str:
    sentences = []
    if execution.ending and (execution.ending != Ending.COMPLETED or execution.code == Code.BUDGET_TIME):
        sentences.append(f"{in_words(execution).capitalize()} after {plural(points.made, 'evaluation')}.")
    if change is not None:
        sentences.append(change.text)
    elif points.feasible:
        sentences.append("There is no baseline to compare with.")
    elif points.made:
        sentences.append(f"None of {plural(points.made, 'evaluation')} gave a feasible result.")
    else:
        sentences.append("No evaluation was made.")
    if course.verdict != "unknown":
        sentences.append(course.text)
    where = Campaign.Final(final)
    sentences.append("Nothing was moved." if where == where.NOT_MOVED else f"The channels were {where.label}.")
    return " ".join(sentences)
