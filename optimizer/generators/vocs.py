"""From a configuration to Xopt's variables, objectives and constraints, and rows to its tables. Imports Xopt."""

from collections.abc import Iterable
from typing import Any

from gest_api.vocs import VOCS

from optimizer.configuration import Configuration
from optimizer.generators.base import Row

DIRECTIONS = {"minimize": "MINIMIZE", "maximize": "MAXIMIZE"}
KINDS = {"greater_than": "GREATER_THAN", "less_than": "LESS_THAN"}


def problem(configuration: Configuration, *, constrained: bool = True) -> VOCS:
    """The optimisation problem; `constrained=False` for generators that take no constraints."""
    constraints = {name: [KINDS[limit.kind], limit.value] for name, limit in configuration.constraints.items()}
    return VOCS(
        variables={name: [variable.low, variable.high] for name, variable in configuration.variables.items()},
        objectives={configuration.objective.name: DIRECTIONS[configuration.objective.direction]},
        constraints=constraints if constrained else {},
    )


def exploration(configuration: Configuration) -> VOCS:
    """The same variables with nothing to improve, for designs of experiments."""
    return VOCS(
        variables={name: [variable.low, variable.high] for name, variable in configuration.variables.items()},
        objectives={configuration.objective.name: "EXPLORE"},
    )


def table(rows: Iterable[Row], configuration: Configuration) -> list[dict[str, Any]]:
    """Rows as Xopt ingests them: variables, objective and constraints, as floats."""
    wanted = [configuration.objective.name, *configuration.constraints]
    return [
        {name: float(row.inputs[name]) for name in configuration.variables}
        | {name: float(row.outputs.get(name, float("nan"))) for name in wanted}
        for row in rows
    ]
