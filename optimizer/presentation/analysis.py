"""What came of each iteration, in words and numbers, from the stored analysis."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from optimizer.models import Iteration
from optimizer.words import measured, percent
from optimizer.words import number as rounded
from xoptweb.web.values import NOTHING, number, units

VERDICTS = {"improving": "warn", "converged": "good", "stagnated": "warn"}


@dataclass(frozen=True)
class Analysis:
    """`manner` of the change is good where the best is better beyond the noise. `points` are (variable, value).

    `said` is what a module said of it, in its form."""

    iteration: Iteration
    text: str
    facts: list[tuple[str, str]]
    manner: str
    verdict: str
    verdict_manner: str
    points: list[tuple[str, str]]
    advice: list[str]
    said: dict[str, Any]


def analyses(iterations: Iterable[Iteration]) -> list[Analysis]:
    """The iterations that were analysed, the last first."""
    return [_analysis(one, one.result) for one in iterations if one.result][::-1]


def _analysis(iteration: Iteration, result: Mapping[str, Any]) -> Analysis:
    change = result.get("improvement") or {}
    course = result.get("convergence") or {}
    best = result.get("best") or {}
    verdict = str(course.get("verdict", "unknown"))
    return Analysis(
        iteration=iteration,
        text=str(result.get("text", "")),
        facts=_facts(result),
        manner="good" if change.get("better") and change.get("significant") else "warn" if change else "",
        verdict=verdict,
        verdict_manner=VERDICTS.get(verdict, ""),
        points=[(name, number(value)) for name, value in (best.get("inputs") or {}).items()],
        advice=[str(one) for one in result.get("recommendations") or []],
        said=dict(result.get("module") or {}),
    )


def _facts(result: Mapping[str, Any]) -> list[tuple[str, str]]:
    unit = units(str((result.get("objective") or {}).get("units", "")))
    base, best, change = (result.get(name) or {} for name in ("baseline", "best", "improvement"))
    made, noise = result.get("evaluations") or {}, result.get("noise") or {}
    spoiled = ", ".join(f"{code} ({count})" for code, count in (made.get("spoiled") or {}).items())
    return [
        ("baseline", _measured(base, unit)),
        ("best", _measured(best, unit) + (f", evaluation {best['number']}" if "number" in best else "")),
        ("confirmed by", ", ".join(number(one) for one in best.get("confirmations") or []) or NOTHING),
        ("change", percent(change["percent"]) if change.get("percent") is not None else NOTHING),
        ("noise", f"{rounded(noise['value'], 2)} {unit}".strip() if noise.get("value") else "not known"),
        ("evaluations", f"{made.get('made', 0)}, of which {made.get('feasible', 0)} count"),
        ("refused or failed", spoiled or "none"),
        ("ended", str(result.get("ending", "")) or NOTHING),
    ]


def _measured(value: Mapping[str, Any], unit: str) -> str:
    return measured(value["value"], value.get("error"), unit) if "value" in value else NOTHING
