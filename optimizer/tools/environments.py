"""Looking at environments: what can be improved, and by moving what."""

from typing import Any

from pydantic import BaseModel, Field

from optimizer.models import Environment, Variable
from optimizer.sentence import meaning
from optimizer.tools.finding import environment as find
from xoptweb.actors import Actor
from xoptweb.tools.registry import tool


class FindEnvironments(BaseModel):
    """All environments."""


@tool("find_environments", "List the environments: what can be improved on which machine.", "view_machine")
def find_environments(arguments: FindEnvironments, *, by: Actor) -> list[dict[str, Any]]:
    found = Environment.objects.select_related("machine").prefetch_related("objectives")
    return [
        {
            "environment": each.slug,
            "name": each.name,
            "machine": each.machine.slug,
            "description": each.description,
            "goals": [meaning(objective) for objective in each.objectives.all()],
        }
        for each in found
    ]


class ReadEnvironment(BaseModel):
    """One environment."""

    environment: str = Field(description="Its short name (slug).", max_length=50)


@tool(
    "read_environment", "Read an environment: variables with limits, measurements, goals, conditions.", "view_machine"
)
def read_environment(arguments: ReadEnvironment, *, by: Actor) -> dict[str, Any]:
    found = find(arguments.environment)
    return {
        "environment": found.slug,
        "name": found.name,
        "machine": found.machine.slug,
        "description": found.description,
        "variables": [_variable(each) for each in found.variables.select_related("channel")],
        "measurements": [
            {"name": each.name, "channel": each.channel.name, "units": each.channel.units, "samples": each.samples}
            for each in found.observables.select_related("channel")
        ],
        "formulas": list(found.formulas.values("name", "expression", "units")),
        "objectives": [
            {"name": each.name, "direction": each.direction, "units": each.units, "also_called": each.synonyms}
            for each in found.objectives.all()
        ],
        "constraints": list(found.constraints.values("name", "kind", "value")),
        "must_hold_before": [str(each) for each in found.criteria.all()],
        "must_hold_meanwhile": [f"{each}, else {each.action}" for each in found.guards.all()],
        "documents": list(found.documents.values("id", "title")),
    }


def _variable(variable: Variable) -> dict[str, Any]:
    channel = variable.channel
    return {
        "name": variable.name,
        "channel": channel.name,
        "units": channel.units,
        "limits": [channel.low, channel.high],
        "max_step": channel.max_step,
        "range_rule": variable.get_kind_display(),
        "range": [variable.low, variable.high],
        "fraction": variable.fraction,
        "usual": variable.default,
        "description": channel.description,
    }
