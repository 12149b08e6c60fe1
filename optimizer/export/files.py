"""A campaign's evaluations as files, every number at full precision."""

import csv as standard_csv
import io
import json
import math
from collections.abc import Iterator, Mapping
from typing import Any

import yaml as standard_yaml

from optimizer.configuration import Configuration
from optimizer.models import Campaign, Evaluation, Iteration

FIELDS = (
    "execution__iteration__number", "number", "attempt", "state", "source", "inputs", "outputs", "objective",
    "feasible", "code", "detail", "started_at", "ended_at",
)  # fmt: skip
AFTER = ["objective", "feasible", "code", "detail", "started_at", "ended_at"]
BEFORE = ["iteration", "evaluation", "attempt", "state", "source"]
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets take for a formula
CHUNK = 500
DIRECTIONS = {"minimize": "MINIMIZE", "maximize": "MAXIMIZE"}
KINDS = {"greater_than": "GREATER_THAN", "less_than": "LESS_THAN"}


def configurations(campaign: Campaign) -> list[tuple[Iteration, Configuration]]:
    """Each iteration that was configured, in order."""
    found = campaign.iterations.exclude(configuration=None).order_by("number")
    return [(each, Configuration.model_validate(each.configuration)) for each in found]


def columns(campaign: Campaign) -> tuple[list[str], list[str]]:
    """Names of all variables, and of all that is measured, over all iterations."""
    inputs: dict[str, None] = {}
    outputs: dict[str, None] = {}
    for _, configuration in configurations(campaign):
        inputs |= dict.fromkeys(configuration.variables)
        outputs |= dict.fromkeys([*configuration.observables, *configuration.formulas])
    return list(inputs), list(outputs)


def rows(campaign: Campaign) -> Iterator[dict[str, Any]]:
    """Every evaluation of every iteration, flat, in order; what is not finite stays a float."""
    found = Evaluation.objects.filter(execution__iteration__campaign=campaign)
    ordered = found.order_by("execution__iteration__number", "number").values_list(*FIELDS)
    for iteration, number, attempt, state, source, inputs, outputs, *rest in ordered.iterator(chunk_size=CHUNK):
        yield {
            **dict(zip(BEFORE, (iteration, number, attempt, state, source), strict=True)),
            "inputs": {name: float(value) for name, value in inputs.items()},
            "outputs": {name: float(value) for name, value in outputs.items()},
            **dict(zip(AFTER, rest, strict=True)),
        }


def csv(campaign: Campaign) -> Iterator[str]:
    """Lines of a CSV file, the head first."""
    inputs, outputs = columns(campaign)
    yield _line([*BEFORE, *inputs, *outputs, *AFTER])
    for row in rows(campaign):
        values = [row["inputs"].get(name) for name in inputs] + [row["outputs"].get(name) for name in outputs]
        yield _line([*(row[name] for name in BEFORE), *values, *(row[name] for name in AFTER)])


def _line(values: list[Any]) -> str:
    buffer = io.StringIO()
    standard_csv.writer(buffer).writerow([_cell(value) for value in values])
    return buffer.getvalue()


def _cell(value: Any) -> Any:
    """Numbers as `repr` writes them; text that a spreadsheet would run is marked as text."""
    if value is None:
        return ""
    if isinstance(value, float):
        return repr(value)
    if isinstance(value, str) and value.startswith(FORMULA):
        return f"'{value}"
    return value.isoformat() if hasattr(value, "isoformat") else value


def yaml(campaign: Campaign) -> str:
    """The last configured iteration's problem and every completed or failed evaluation, as Xopt writes them.

    Unlike Xopt's own dump, nothing is rounded.
    """
    known = configurations(campaign)
    head: dict[str, Any] = {"campaign": campaign.pk, "sentence": campaign.sentence}
    if known:
        head |= _problem(known[-1][1])
    text = standard_yaml.safe_dump(head, sort_keys=False, allow_unicode=True)
    return text + "data:\n" + "".join(_data(campaign))


def _problem(configuration: Configuration) -> dict[str, Any]:
    goal = configuration.objective
    outputs = [*configuration.observables, *configuration.formulas]
    constraints = {name: [KINDS[each.kind], each.value] for name, each in configuration.constraints.items()}
    return {
        "generator": {"name": configuration.generator, "options": dict(configuration.options)},
        "vocs": {
            "variables": {name: [each.low, each.high] for name, each in configuration.variables.items()},
            "objectives": {goal.name: DIRECTIONS[goal.direction]},
            "constraints": constraints,
            "constants": {},
            "observables": [name for name in outputs if name != goal.name and name not in constraints],
        },
    }


def _data(campaign: Campaign) -> Iterator[str]:
    """One line a column: index to value. Written by hand, because it is a hundred times faster."""
    inputs, outputs = columns(campaign)
    table: dict[str, list[str]] = {name: [] for name in [*inputs, *outputs, "xopt_error", "xopt_runtime"]}
    ended = (Evaluation.State.COMPLETED, Evaluation.State.FAILED)
    for row in rows(campaign):
        if row["state"] not in ended:
            continue
        for name in inputs:
            table[name].append(_scalar(row["inputs"].get(name, math.nan)))
        for name in outputs:
            table[name].append(_scalar(row["outputs"].get(name, math.nan)))
        table["xopt_error"].append("false" if row["state"] == Evaluation.State.COMPLETED else "true")
        table["xopt_runtime"].append(_scalar(_seconds(row)))
    for name, values in table.items():
        pairs = ", ".join(f"{index}: {value}" for index, value in enumerate(values))
        yield f"  {json.dumps(name)}: {{{pairs}}}\n"


def _seconds(row: Mapping[str, Any]) -> float:
    if row["ended_at"] is None:
        return math.nan
    return float((row["ended_at"] - row["started_at"]).total_seconds())


def _scalar(value: float) -> str:
    """A float as YAML 1.1 reads it back exactly."""
    if math.isnan(value):
        return ".nan"
    if math.isinf(value):
        return ".inf" if value > 0 else "-.inf"
    text = repr(value)
    mantissa, exponent, power = text.partition("e")
    return text if not exponent or "." in mantissa else f"{mantissa}.0e{power}"
