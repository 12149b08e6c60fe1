"""Whether an environment's parts fit together and its machine, and what they are in plain values."""

from collections.abc import Iterator
from typing import Any

from optimizer.configuration.validation import Fault
from optimizer.formulas import FormulaRefused, ordered
from optimizer.models import Environment, Variable
from optimizer.ranges import RangeRefused, Rule, resolve


def problems(environment: Environment) -> list[Fault]:
    """Everything because of which a campaign on this environment would fail before it asks anyone."""
    return [*_channels(environment), *_ranges(environment), *_outputs(environment)]


def range_problem(variable: Variable) -> str:
    """Why a variable's rule can't be used on its channel; empty when it can.

    A fraction of the present value is judged as if that were not zero: what it really is is only known later.
    """
    channel = variable.channel
    if not channel.writable or channel.low is None or channel.high is None:
        return f"{channel.name} may not be written"
    rule = Rule(variable.kind, variable.low, variable.high, variable.fraction)
    somewhere = (channel.low + channel.high) / 2 or channel.high / 2
    try:
        resolve(rule, somewhere, channel.low, channel.high)
    except RangeRefused as refused:
        return str(refused)
    return ""


def _channels(environment: Environment) -> Iterator[Fault]:
    parts = ("variables", "observables", "criteria", "guards")
    for part in parts:
        for each in getattr(environment, part).select_related("channel"):
            if each.channel.machine_id != environment.machine_id:
                yield Fault(f"{part}.{each.name}", f"{each.channel} is a channel of another machine")


def _ranges(environment: Environment) -> Iterator[Fault]:
    for variable in environment.variables.select_related("channel"):
        if reason := range_problem(variable):
            yield Fault(f"variables.{variable.name}.range", reason)


def _outputs(environment: Environment) -> Iterator[Fault]:
    observables = list(environment.observables.values_list("name", flat=True))
    expressions = dict(environment.formulas.values_list("name", "expression"))
    try:
        ordered(expressions, observables)
    except FormulaRefused as refused:
        yield Fault("formulas", str(refused))
    for part in ("objectives", "constraints"):
        for name in getattr(environment, part).values_list("name", flat=True):
            if name not in observables and name not in expressions:
                yield Fault(f"{part}.{name}", "is not measured")


def describe(environment: Environment) -> dict[str, Any]:
    """The environment as the audit log keeps it."""
    skipped = {"id", "environment_id", "environment"}
    parts = ("variables", "observables", "formulas", "objectives", "constraints", "criteria", "guards", "documents")
    own = ("name", "description", "after_module_failure")
    described: dict[str, Any] = {name: getattr(environment, name) for name in own}
    for part in parts:
        rows = getattr(environment, part).order_by("id").values()
        described[part] = [{key: value for key, value in row.items() if key not in skipped} for row in rows]
    return described
