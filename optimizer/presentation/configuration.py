"""A configuration in tables for reading."""

from collections.abc import Mapping
from dataclasses import dataclass

from controls.guarding import SIGNS
from optimizer.configuration import Configuration
from optimizer.configuration.difference import lines
from optimizer.presentation.asking import generator_title
from xoptweb.web.values import duration, number, units


@dataclass(frozen=True)
class Fact:
    name: str
    value: str


@dataclass(frozen=True)
class Described:
    facts: list[Fact]
    options: list[Fact]
    variables: list[dict[str, str]]
    measured: list[Fact]
    conditions: list[Fact]
    text: str


def described(configuration: Configuration, units_of: Mapping[str, str]) -> Described:
    """Everything in it, in the words of the pages. `units_of` are the units of the machine's channels by address."""
    return Described(
        facts=_facts(configuration),
        options=[Fact(name, str(value)) for name, value in sorted(configuration.options.items())],
        variables=_variables(configuration),
        measured=_measured(configuration),
        conditions=_conditions(configuration, units_of),
        text="\n".join(lines(configuration)),
    )


def _facts(configuration: Configuration) -> list[Fact]:
    goal, base = configuration.objective, configuration.baseline
    facts = [
        Fact("objective", f"{goal.direction.replace('ize', 'ise')} {goal.name}"),
        Fact("generator", generator_title(configuration.generator)),
        Fact("evaluations", str(configuration.evaluations)),
        Fact("at most", duration(configuration.seconds)),
        Fact("initial points", str(configuration.first_points)),
        Fact("seed", str(configuration.seed)),
        Fact("confirming measurements", str(configuration.confirmations)),
    ]
    if base is not None:
        facts.append(Fact("baseline", f"{number(base.value)} {units(goal.units)} from {base.samples} samples"))
    return facts


def _variables(configuration: Configuration) -> list[dict[str, str]]:
    return [
        {
            "name": name,
            "address": one.address,
            "units": units(one.units),
            "low": number(one.low, one.precision),
            "high": number(one.high, one.precision),
            "start": number(one.start, one.precision),
            "limits": f"{number(one.limit_low)} … {number(one.limit_high)}",
            "step": number(one.max_step),
            "settle": duration(one.settle_s),
            "note": one.note,
        }
        for name, one in configuration.variables.items()
    ]


def _measured(configuration: Configuration) -> list[Fact]:
    observables = [
        Fact(name, f"{one.statistic} of {one.samples} of {one.address}, within {duration(one.timeout_s)}")
        for name, one in configuration.observables.items()
    ]
    return observables + [Fact(name, one.expression) for name, one in configuration.formulas.items()]


def _conditions(configuration: Configuration, units_of: Mapping[str, str]) -> list[Fact]:
    def amount(value: float, address: str) -> str:
        return f"{number(value)} {units(units_of.get(address, ''))}".rstrip()

    signs = {"greater_than": ">", "less_than": "<"}
    addresses = {name: one.address for name, one in configuration.observables.items()}
    constraints = [
        Fact(name, f"{signs[one.kind]} {amount(one.value, addresses.get(name, ''))}, else the result does not count")
        for name, one in configuration.constraints.items()
    ]
    guards = [
        Fact(one.name, f"{SIGNS[one.operator]} {amount(one.value, one.address)}, else {one.action}")
        for one in configuration.guards
    ]
    return constraints + guards
