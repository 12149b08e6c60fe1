"""From an environment, a strategy, a person's choices and what is known, to a configuration."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from optimizer.configuration.estimate import total_s
from optimizer.configuration.schema import (
    SECONDS_MAX,
    Baseline,
    Configuration,
    Expression,
    Goal,
    GuardRule,
    Initial,
    Limit,
    Measurement,
    VariableRange,
)
from optimizer.generators import design
from optimizer.models import Campaign, Environment, Objective, Variable
from optimizer.ranges import Range, RangeRefused, Rule, clip, resolve
from optimizer.services.choices import ChosenRange, Pinned, chosen_constraints, chosen_variables
from xoptweb.errors import Invalid

EXPLORATION = "exploration"
GENERATORS = {"exploration": "latin_hypercube", "optimization": "expected_improvement"}
EVALUATIONS = {"exploration": 20, "optimization": 40}
BEST_ROWS = 5  # earlier points that an optimisation measures again, because machines drift
INITIAL_ROWS = 5  # drawn points that an optimisation without history begins with
SECONDS_MIN = 600.0
TIME_RESERVE = 2.0  # allowed time over estimated time


@dataclass(frozen=True)
class Known:
    """What the machine and earlier iterations told: present setpoints by variable, the baseline, the best points so
    far (best first)."""

    present: Mapping[str, float]
    baseline: Baseline | None = None
    best: Sequence[Mapping[str, float]] = field(default_factory=list)


def measured(environment: Environment) -> tuple[dict[str, Measurement], dict[str, Expression]]:
    """Every observable and formula of the environment: all are measured and recorded at each evaluation."""
    observables = {
        each.name: Measurement(
            address=each.channel.address,
            channel=each.channel.name,
            samples=each.samples,
            statistic=each.statistic,
            timeout_s=each.timeout_s,
            units=each.channel.units,
        )
        for each in environment.observables.select_related("channel")
    }
    formulas = {each.name: Expression(expression=each.expression, units=each.units) for each in
                environment.formulas.all()}  # fmt: skip
    return observables, formulas


def goal(objective: Objective) -> Goal:
    return Goal(name=objective.name, direction=objective.direction, units=objective.units, log=objective.log)


def guards(environment: Environment) -> list[GuardRule]:
    return [
        GuardRule(
            name=each.name,
            address=each.channel.address,
            channel=each.channel.name,
            operator=each.operator,
            value=each.value,
            action=each.action,
        )
        for each in environment.guards.select_related("channel")
    ]


def build(campaign: Campaign, strategy: str, known: Known, seed: int, *, pinned: Pinned | None = None) -> Configuration:
    """The configuration of an iteration: the strategy's template, with the person's choices wherever there are any.

    `pinned` are other choices than those of the campaign.

    Raises:
        Invalid: a variable's range or limits do not give a usable range; `fields` names each.
    """
    pinned = Pinned.model_validate(campaign.pinned) if pinned is None else pinned
    environment = campaign.environment
    variables = _variables(chosen_variables(pinned, environment), pinned, known.present)
    observables, formulas = measured(environment)
    seed = seed if pinned.seed is None else pinned.seed
    parts: dict[str, Any] = {
        "generator": pinned.generator or GENERATORS[strategy],
        "options": pinned.options if pinned.generator else {},
        "evaluations": pinned.evaluations or EVALUATIONS[strategy],
        "seconds": pinned.seconds or SECONDS_MAX,
        "seed": seed,
        "variables": variables,
        "observables": observables,
        "formulas": formulas,
        "objective": goal(campaign.objective),
        "constraints": _constraints(pinned, environment, campaign.objective.name),
        "guards": guards(environment),
        "baseline": known.baseline,
        "confirmations": 3 if pinned.confirmations is None else pinned.confirmations,
        "end": campaign.end,
    }
    initial = _initial(pinned, strategy, variables, known, seed, parts["evaluations"])
    configuration = Configuration(**parts, initial=initial)
    return configuration if pinned.seconds else configuration.model_copy(update={"seconds": _seconds(configuration)})


def _variables(chosen: Sequence[Variable], pinned: Pinned, present: Mapping[str, float]) -> dict[str, VariableRange]:
    ranges: dict[str, VariableRange] = {}
    fields: dict[str, str] = {}
    for variable in chosen:
        given = (pinned.variables or {}).get(variable.name)
        try:
            ranges[variable.name] = _variable(variable, given, present.get(variable.name, math.nan))
        except RangeRefused as refused:
            fields[f"variables.{variable.name}"] = str(refused)
    if fields:
        text = "; ".join(f"{field.partition('.')[2]}: {reason}" for field, reason in fields.items())
        raise Invalid(f"The ranges can't be used. {text}.", fields=fields)
    return ranges


def _variable(variable: Variable, given: ChosenRange | None, present: float) -> VariableRange:
    channel = variable.channel
    if channel.low is None or channel.high is None or channel.max_step is None:
        raise RangeRefused(f"{channel.name} has no limits")
    if not math.isfinite(present):
        raise RangeRefused("the present value is not known")
    found = _range(variable, given, present, channel.low, channel.high)
    return VariableRange(
        channel=channel.name,
        address=channel.address,
        low=found.low,
        high=found.high,
        start=present,
        max_step=channel.max_step,
        units=channel.units,
        precision=channel.precision,
        limit_low=channel.low,
        limit_high=channel.high,
        tolerance=channel.tolerance,
        settle_s=channel.settle_s,
        note=_note(found, present),
    )


def _range(variable: Variable, given: ChosenRange | None, present: float, low: float, high: float) -> Range:
    """A chosen range is taken as it is, or refused; a rule's is clipped to the limits."""
    if given is not None:
        found = clip(given.low, given.high, low, high)
        if found.note:
            raise RangeRefused(f"the chosen {given.low:g} … {given.high:g} exceeds the limits {low:g} … {high:g}")
        return found
    return resolve(Rule(variable.kind, variable.low, variable.high, variable.fraction), present, low, high)


def _note(found: Range, present: float) -> str:
    notes = [found.note] if found.note else []
    if not found.low <= present <= found.high:
        notes.append("it stands outside this range now and returns only by a restore")
    return "; ".join(notes)


def _constraints(pinned: Pinned, environment: Environment, objective: str) -> dict[str, Limit]:
    names = chosen_constraints(pinned, environment, objective)
    return {each.name: Limit(kind=each.kind, value=each.value) for each in environment.constraints.all()
            if each.name in names}  # fmt: skip


def _initial(
    pinned: Pinned, strategy: str, variables: Mapping[str, VariableRange], known: Known, seed: int, evaluations: int
) -> Initial:
    """A learning generator begins with the best earlier points, or with drawn ones; a design needs none."""
    learns = strategy != EXPLORATION and pinned.generator != "neldermead"
    usual = "none" if not learns else "best" if known.best else "latin_hypercube"
    method = pinned.initial.method or usual
    count = pinned.initial.count if pinned.initial.count is not None else INITIAL_ROWS
    count = 0 if method == "none" else min(count, max(evaluations - 2, 0))
    return Initial(current=True, method=method, count=count, rows=_rows(method, count, variables, known, seed))


def _rows(
    method: str, count: int, variables: Mapping[str, VariableRange], known: Known, seed: int
) -> list[dict[str, float]]:
    ranges = {name: (variable.low, variable.high) for name, variable in variables.items()}
    if count == 0:
        return []
    if method == "best":
        return _best_rows(count, variables, known.best)
    draw = design.uniform if method == "random" else design.latin_hypercube
    return draw(ranges, count, seed)


def _best_rows(
    count: int, variables: Mapping[str, VariableRange], best: Sequence[Mapping[str, float]]
) -> list[dict[str, float]]:
    """Earlier points inside the present ranges, without where the machine stands already."""
    rows: list[dict[str, float]] = []
    for point in best:
        inside = set(variables) <= set(point) and all(
            variable.low <= point[name] <= variable.high for name, variable in variables.items()
        )
        here = inside and all(abs(point[n] - variable.start) <= variable.tolerance for n, variable in variables.items())
        if inside and not here:
            rows.append({name: point[name] for name in variables})
    return rows[:count]


def _seconds(configuration: Configuration) -> float:
    """Twice the estimate in whole minutes, not less than ten."""
    minutes = math.ceil(TIME_RESERVE * total_s(configuration) / 60)
    return min(max(60.0 * minutes, SECONDS_MIN), SECONDS_MAX)
