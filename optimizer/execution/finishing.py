"""Where the machine comes to rest after its last evaluation: best, left, or restored."""

import math
import time

from controls.connectors.base import Interrupted
from optimizer.execution import notes, rows
from optimizer.execution.evaluating import Evaluator
from optimizer.execution.plan import Plan
from optimizer.execution.rows import State, numbers
from optimizer.models import Campaign, Evaluation

Final = Campaign.Final
SIGMAS = 3.0  # confirmations may be worse than the best by this many of their own standard errors


def come_to_rest(plan: Plan, evaluator: Evaluator) -> Campaign.Final | None:
    """Go to the approved final values. None: they could not be reached or confirmed, restore instead.

    Raises:
        Interrupted, DatabaseGone: as `Evaluator.evaluate`.
    """
    if evaluator.grant.standing.interrupts_moves():
        raise Interrupted("stopped after the last evaluation")
    if plan.configuration.end == "leave":
        return _leave(plan, evaluator)
    if plan.configuration.end == "restore":
        return None
    best = rows.best(plan)
    if best is None or best.objective is None:
        notes.tell(plan, "There is no feasible result to stay at: restoring.")
        return None
    measured = _confirm(plan, evaluator, best)
    if measured is None:
        return None
    if not confirms(plan, best.objective, measured):
        shown = ", ".join(f"{value:.4g}" for value in measured)
        notes.tell(plan, f"The best result {best.objective:.4g} was not confirmed ({shown}): restoring.")
        return None
    return Final.BEST


def _leave(plan: Plan, evaluator: Evaluator) -> Campaign.Final | None:
    """Not where a guard does not hold."""
    if (violated := evaluator.guards.violated()) is None:
        return Final.LEFT
    notes.tell(plan, f"It can't be left there, with {violated[1]}: restoring.")
    return None


def _confirm(plan: Plan, evaluator: Evaluator, best: Evaluation) -> list[float] | None:
    """Objective values of repeated measurements at the best point, or None where one failed or there was no time."""
    measured = []
    for _ in range(plan.confirmations):
        if plan.seconds_left <= 0:
            notes.tell(plan, "The approved time is over before the best result was confirmed: restoring.")
            return None
        began = time.monotonic()
        row, outcome = evaluator.evaluate(numbers(best.inputs), Evaluation.Source.CONFIRMATION)
        plan.execution.seconds_used += time.monotonic() - began
        if outcome.state != State.COMPLETED or row.objective is None or not row.feasible:
            notes.tell(plan, f"The best result could not be measured again: {outcome.detail or 'not feasible'}.")
            return None
        measured.append(row.objective)
    return measured


def confirms(plan: Plan, best: float, measured: list[float]) -> bool:
    """Whether repeated measurements speak for staying: clearly better than the baseline, beyond both uncertainties.

    Without a baseline: not worse than the best by more than their own noise.
    """
    sign = 1.0 if plan.configuration.objective.direction == "minimize" else -1.0
    mean = math.fsum(measured) / len(measured)
    spread = _standard_error(measured)
    baseline = plan.configuration.baseline
    if baseline is None:
        return sign * (mean - best) <= SIGMAS * spread
    return sign * (baseline.value - mean) > math.hypot(spread, baseline.error or 0.0)


def _standard_error(values: list[float]) -> float:
    if len(values) < 2:
        return 0.0
    mean = math.fsum(values) / len(values)
    return math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))
