"""Whether a configuration suits its environment, the channels' limits and its own budgets."""

import math
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from controls.models import Channel
from optimizer.configuration.schema import Configuration, VariableRange
from optimizer.formulas import FormulaRefused, ordered
from optimizer.generators import catalogue
from optimizer.models import Environment
from xoptweb.errors import Invalid


@dataclass(frozen=True, slots=True)
class Fault:
    """What is wrong: the field, dotted, and the reason for a person."""

    field: str
    reason: str


def validate(
    configuration: Configuration, environment: Environment, present: Mapping[str, float] | None = None
) -> list[Fault]:
    """Everything wrong with the configuration; empty when it may be shown for approval.

    `present` maps variables to setpoints read now; with it, the start values must still be those.
    """
    return [
        *_generator(configuration),
        *_variables(configuration, environment, present),
        *_initial(configuration),
        *_outputs(configuration, environment),
        *_guards(configuration, environment),
    ]


def require_valid(faults: Iterable[Fault]) -> None:
    """Raises Invalid naming every fault, when there is one."""
    fields = {fault.field: fault.reason for fault in faults}
    if fields:
        text = "; ".join(f"{field}: {reason}" for field, reason in fields.items())
        raise Invalid(f"The configuration is not valid. {text}", fields=fields)


def _generator(configuration: Configuration) -> Iterator[Fault]:
    try:
        known = catalogue.entry(configuration.generator)
    except Invalid as problem:
        yield Fault("generator", problem.fields["generator"])
        return
    for option, reason in catalogue.problems(configuration.generator, configuration.options).items():
        yield Fault(f"options.{option}", reason)
    if configuration.constraints and not known.constraints:
        names = ", ".join(configuration.constraints)
        yield Fault("generator", f"{known.name} takes no constraints ({names}); choose another or leave them out")
    fewest = configuration.first_points + (0 if known.explores else 1)
    if configuration.evaluations < fewest:
        yield Fault(
            "evaluations", f"must be at least {fewest}: the initial points alone are {configuration.first_points}"
        )


def _variables(
    configuration: Configuration, environment: Environment, present: Mapping[str, float] | None
) -> Iterator[Fault]:
    if not configuration.variables:
        yield Fault("variables", "choose at least one")
    known = {variable.name: variable.channel for variable in environment.variables.select_related("channel")}
    seen: dict[str, str] = {}
    for name, variable in configuration.variables.items():
        if name not in known:
            yield Fault(f"variables.{name}", f"{environment} has no such variable")
            continue
        if variable.address in seen:
            yield Fault(f"variables.{name}", f"moves the same channel as {seen[variable.address]}")
        seen[variable.address] = name
        yield from _range(name, variable, known[name])
        if present is not None:
            yield from _start(name, variable, present.get(name))


def _range(name: str, variable: VariableRange, channel: Channel) -> Iterator[Fault]:
    field = f"variables.{name}"
    if (variable.channel, variable.address) != (channel.name, channel.address):
        yield Fault(field, f"names another channel than {channel.name}")
    if not channel.writable or channel.low is None or channel.high is None or channel.max_step is None:
        yield Fault(field, f"{channel.name} may not be written")
        return
    if not variable.low < variable.high:
        yield Fault(f"{field}.low", f"{variable.low:g} is not below {variable.high:g}")
    if variable.low < channel.low:
        yield Fault(f"{field}.low", f"{variable.low:g} is below the channel's limit {channel.low:g}")
    if variable.high > channel.high:
        yield Fault(f"{field}.high", f"{variable.high:g} is above the channel's limit {channel.high:g}")
    if variable.max_step > channel.max_step:
        yield Fault(f"{field}.max_step", f"{variable.max_step:g} is more than the channel's {channel.max_step:g}")


def _start(name: str, variable: VariableRange, value: float | None) -> Iterator[Fault]:
    if value is None or not math.isfinite(value):
        yield Fault(f"variables.{name}.start", "the present value is not known")
    elif abs(value - variable.start) > variable.tolerance:
        yield Fault(f"variables.{name}.start", f"is {value:g} now, no longer {variable.start:g}")


def _initial(configuration: Configuration) -> Iterator[Fault]:
    for number, row in enumerate(configuration.initial.rows, start=1):
        if set(row) != set(configuration.variables):
            yield Fault("initial.rows", f"row {number} does not set exactly the chosen variables")
            continue
        for name, value in row.items():
            variable = configuration.variables[name]
            if not variable.low <= value <= variable.high:
                reason = f"row {number}: {name} = {value:g} is outside {variable.low:g} to {variable.high:g}"
                yield Fault("initial.rows", reason)


def _outputs(configuration: Configuration, environment: Environment) -> Iterator[Fault]:
    addresses = {each.name: each.channel.address for each in environment.observables.select_related("channel")}
    for name, measured in configuration.observables.items():
        if addresses.get(name) != measured.address:
            yield Fault(f"observables.{name}", f"{environment} measures no such thing")
    expressions = {name: formula.expression for name, formula in configuration.formulas.items()}
    try:
        ordered(expressions, configuration.observables)
    except FormulaRefused as problem:
        yield Fault("formulas", str(problem))
    measured_names = set(configuration.observables) | set(expressions)
    yield from _objective(configuration, environment, measured_names)
    for name in configuration.constraints:
        if name not in measured_names:
            yield Fault(f"constraints.{name}", "is not measured")


def _objective(configuration: Configuration, environment: Environment, measured: set[str]) -> Iterator[Fault]:
    goal = configuration.objective
    known = environment.objectives.filter(name=goal.name).first()
    if known is None:
        yield Fault("objective", f"{environment} has no objective {goal.name}")
    elif known.direction != goal.direction:
        yield Fault("objective", f"{goal.name} is to be {known.direction}d, not {goal.direction}d")
    if goal.name not in measured:
        yield Fault("objective", f"{goal.name} is not measured")
    if goal.name in configuration.constraints:
        yield Fault(f"constraints.{goal.name}", "is the objective itself")


def _guards(configuration: Configuration, environment: Environment) -> Iterator[Fault]:
    """Nobody drops or loosens a guard by configuring."""
    given = {(g.name, g.address, g.operator, g.value, g.action) for g in configuration.guards}
    for guard in environment.guards.select_related("channel"):
        if (guard.name, guard.channel.address, guard.operator, guard.value, guard.action) not in given:
            yield Fault("guards", f"“{guard}” of {environment} is missing")
