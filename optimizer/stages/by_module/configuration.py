"""Configuration by a module: it chooses what the person left open, and every choice is checked like a person's."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from optimizer.configuration import EVALUATIONS_MAX, Configuration
from optimizer.configuration.template import Known
from optimizer.configuration.validation import Fault
from optimizer.generators import catalogue
from optimizer.models import Environment, Iteration, Variable
from optimizer.ranges import RangeRefused, Rule, resolve
from optimizer.sentence import meaning
from optimizer.services.choices import ChosenInitial, ChosenRange, Pinned
from optimizer.stages.by_module.answers import Choices, ConfigurationAnswer, parsed
from optimizer.stages.by_module.earlier import iterations
from optimizer.stages.by_module.question import Answered, Refused

ATTEMPTS = 3
MOST_FAULTS = 12


def given(iteration: Iteration, known: Known, rules: Configuration) -> dict[str, Any]:
    """What the module is told; `rules` is the configuration that the rules would take."""
    campaign = iteration.campaign
    environment = campaign.environment
    return {
        "campaign": campaign.pk,
        "machine": environment.machine.slug,
        "environment": environment.slug,
        "sentence": campaign.sentence,
        "goal": meaning(campaign.objective),
        "iteration": iteration.number,
        "iterations_max": campaign.iterations_max,
        "strategy": iteration.strategy,
        "changes_requested": iteration.changes_requested,
        "chosen_by_the_person": campaign.pinned,
        "variables": [
            _variable(one, known.present.get(one.name)) for one in environment.variables.select_related("channel")
        ],
        "constraints": list(environment.constraints.values("name", "kind", "value")),
        "generators": [_generator(one) for one in catalogue.generators()],
        "evaluations_at_most": EVALUATIONS_MAX,
        "baseline": known.baseline.model_dump() if known.baseline else None,
        "best_points": [dict(point) for point in known.best],
        "rules": _brief(rules),
        "earlier_iterations": iterations(iteration),
        "documents": list(environment.documents.order_by("id").values("id", "title")),
    }


def _variable(variable: Variable, present: float | None) -> dict[str, Any]:
    channel = variable.channel
    return {
        "name": variable.name,
        "description": channel.description,
        "units": channel.units,
        "limits": [channel.low, channel.high],
        "max_step": channel.max_step,
        "present": present,
        "range_of_the_rules": _rule_range(variable, present),
        "usual": variable.default,
        "writable": channel.writable,
    }


def _rule_range(variable: Variable, present: float | None) -> list[float] | None:
    channel = variable.channel
    if present is None or channel.low is None or channel.high is None:
        return None
    rule = Rule(variable.kind, variable.low, variable.high, variable.fraction)
    try:
        found = resolve(rule, present, channel.low, channel.high)
    except RangeRefused:
        return None
    return [found.low, found.high]


def _generator(entry: catalogue.Entry) -> dict[str, Any]:
    options = [one.model_dump(include={"name", "type", "default", "minimum", "maximum", "choices", "description"},
                              exclude_none=True) for one in entry.options]  # fmt: skip
    kept = entry.model_dump(include={"name", "title", "summary", "constraints", "noise", "explores"})
    return kept | {"options": options}


def _brief(configuration: Configuration) -> dict[str, Any]:
    return {
        "generator": configuration.generator,
        "options": configuration.options,
        "evaluations": configuration.evaluations,
        "initial": {"method": configuration.initial.method, "count": configuration.initial.count},
        "variables": {name: {"low": one.low, "high": one.high} for name, one in configuration.variables.items()},
    }


def answer_of(answered: Answered) -> ConfigurationAnswer:
    """Raises Refused."""
    return parsed(ConfigurationAnswer, answered.output)


@dataclass(frozen=True)
class Merged:
    """What is chosen in all; `kept` says in words where the person's choice stands against the module's."""

    pinned: Pinned
    kept: list[str]


def merged(pinned: Pinned, choices: Choices) -> Merged:
    """The person's choices, and the module's where the person left something open."""
    kept: list[str] = []
    generator = _first("generator", pinned.generator, choices.generator, kept)
    same = choices.generator in {None, generator}
    options = (choices.options if same and generator is not None else {}) | pinned.options
    kept += [
        f"{name} of {generator} is {pinned.options[name]}"
        for name in pinned.options
        if same and name in choices.options and choices.options[name] != pinned.options[name]
    ]
    initial = ChosenInitial(
        method=_first("the initial points", pinned.initial.method, choices.initial.method, kept),
        count=_first("their number", pinned.initial.count, choices.initial.count, kept),
    )
    changes = {
        "variables": _variables(pinned.variables, choices.variables, kept),
        "generator": generator,
        "options": options,
        "evaluations": _first("evaluations", pinned.evaluations, choices.evaluations, kept),
        "initial": initial,
    }
    return Merged(pinned.model_copy(update=changes), kept)


def _first(name: str, persons: Any, modules: Any, kept: list[str]) -> Any:
    if persons is None:
        return modules
    if modules is not None and modules != persons:
        kept.append(f"{name}: {persons}, not {modules}")
    return persons


def _variables(
    persons: dict[str, ChosenRange | None] | None, modules: dict[str, ChosenRange | None] | None, kept: list[str]
) -> dict[str, ChosenRange | None] | None:
    """Which variables move is the person's choice where there is one; so is each range that the person gave."""
    if persons is None or modules is None:
        return modules if persons is None else persons
    if set(modules) != set(persons):
        kept.append(f"the variables: {', '.join(persons)}")
    chosen: dict[str, ChosenRange | None] = {}
    for name, given_range in persons.items():
        other = modules.get(name)
        chosen[name] = given_range or other
        if given_range is not None and other is not None and other != given_range:
            kept.append(f"{name}: {given_range.low:g} to {given_range.high:g}")
    return chosen


def unknown(choices: Choices, environment: Environment) -> list[Fault]:
    """Variables that the module made up, also where the person's choice stands."""
    known = set(environment.variables.values_list("name", flat=True))
    reason = f"{environment} has no such variable"
    return [Fault(f"pinned.variables.{name}", reason) for name in choices.variables or {} if name not in known]


def require(faults: Iterable[Fault]) -> None:
    """Raises Refused naming every fault, when there is one."""
    found = dict.fromkeys(f"{fault.field.removeprefix('pinned.')}: {fault.reason}" for fault in faults)
    if found:
        raise Refused("What it chose is not valid. " + "; ".join(list(found)[:MOST_FAULTS]))
