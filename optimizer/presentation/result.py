"""Best point, improvement over the baseline, and how much of the budget is used."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from optimizer.configuration import Configuration
from optimizer.models import Evaluation, Execution, Iteration
from optimizer.words import measured
from optimizer.words import number as figures
from xoptweb.web.values import duration, number, percent, units


@dataclass(frozen=True)
class Best:
    """`manner` of the improvement is good when it is one, warn when it is none."""

    value: str
    units: str
    where: str
    improvement: str
    manner: str
    baseline: str


@dataclass(frozen=True)
class Meter:
    name: str
    words: str
    percent: str


@dataclass(frozen=True)
class Budget:
    meters: list[Meter]
    ends: datetime | None
    end_rule: str


def best_of(configuration: Configuration, best: Evaluation | None, iteration: Iteration, *, several: bool) -> Best:
    """What to show of the best evaluation so far, which may be none; once analysed, what the analysis says of it."""
    goal, base = configuration.objective, configuration.baseline
    value, error = _best_value(configuration, best, iteration)
    change = _change(configuration, value)
    better = change is not None and change != 0 and (change < 0) == (goal.direction == "minimize")
    return Best(
        value=number(value),
        units=units(goal.units) if value is not None else "",
        where=_where(best, error, iteration, several=several),
        improvement=percent(change),
        manner="" if change is None else "good" if better else "warn",
        baseline=f"from {measured(base.value, base.error, units(goal.units))}" if base else "no baseline",
    )


def _best_value(
    configuration: Configuration, best: Evaluation | None, iteration: Iteration
) -> tuple[float | None, float | None]:
    """Value and standard error. The analysis has them from the confirming measurements, where there are any."""
    analysed = (iteration.result or {}).get("best") or {}
    if "value" in analysed:
        return analysed["value"], analysed.get("error")
    if best is None:
        return None, None
    error = best.errors.get(configuration.objective.name)
    return best.objective, error if isinstance(error, int | float) else None


def _change(configuration: Configuration, value: float | None) -> float | None:
    """From the baseline, in per cent of it; positive means larger, whatever the direction."""
    base = configuration.baseline
    if base is None or value is None or base.value == 0:
        return None
    return 100 * (value - base.value) / abs(base.value)


def _where(best: Evaluation | None, error: float | None, iteration: Iteration, *, several: bool) -> str:
    if best is None:
        return "nothing measured yet"
    where = f"evaluation {best.number}" + (f" of iteration {iteration.number}" if several else "")
    return f"{where} · ± {figures(error, 2)}" if error else where


def budget_of(execution: Execution, done: int, end_rule: str) -> Budget:
    """`done` counts the evaluations that are finished one way or another."""
    now = timezone.now()
    used = _seconds_used(execution, now)
    share = min(1.0, used / execution.seconds_max) if execution.seconds_max else 0.0
    counted = min(1.0, done / execution.evaluations_max) if execution.evaluations_max else 0.0
    return Budget(
        meters=[
            Meter("evaluations", f"{done} / {execution.evaluations_max}", f"{100 * counted:.1f}"),
            Meter("time", f"{duration(used)} / {duration(execution.seconds_max)}", f"{100 * share:.1f}"),
        ],
        ends=_ends(execution, done, used, now),
        end_rule=end_rule,
    )


def _seconds_used(execution: Execution, now: datetime) -> float:
    running = execution.state == Execution.State.RUNNING and execution.started_at is not None
    elapsed = (now - execution.started_at).total_seconds() if running and execution.started_at else 0.0
    return execution.seconds_used or min(elapsed, execution.seconds_max)


def _ends(execution: Execution, done: int, used: float, now: datetime) -> datetime | None:
    if execution.state != Execution.State.RUNNING or done < 2 or not used:
        return None
    left = min((execution.evaluations_max - done) * used / done, execution.seconds_max - used)
    return now + timedelta(seconds=max(0.0, left))
