"""Looking at evaluations."""

from typing import Any, Literal

from django.db.models import F, QuerySet
from pydantic import BaseModel, Field

from agents.services import workspaces
from agents.tools.place import conversation
from optimizer.export.files import csv
from optimizer.models import Campaign, Evaluation
from optimizer.tools.finding import campaign as find
from optimizer.tools.finding import link
from xoptweb.actors import Actor
from xoptweb.tools.registry import tool

State = Evaluation.State


class ReadEvaluations(BaseModel):
    """Evaluations of one campaign: what was set, and what was measured."""

    campaign: int = Field(ge=1)
    iteration: int | None = Field(None, ge=1, description="Its number; left out: all.")
    state: Literal["asked", "measuring", "completed", "failed", "refused", "abandoned"] | None = None
    offset: int = Field(0, ge=0, le=1_000_000)
    limit: int = Field(30, ge=1, le=100)


@tool("read_evaluations", "Read evaluations in the order in which they were made.", "view_machine")
def read_evaluations(arguments: ReadEvaluations, *, by: Actor) -> dict[str, Any]:
    campaign = find(arguments.campaign)
    rows = of(campaign).order_by("execution__iteration__number", "number")
    if arguments.iteration is not None:
        rows = rows.filter(execution__iteration__number=arguments.iteration)
    if arguments.state is not None:
        rows = rows.filter(state=arguments.state)
    shown = rows[arguments.offset : arguments.offset + arguments.limit]
    return {"total": rows.count(), "evaluations": [_entry(row) for row in shown], "link": link(campaign)}


class BestEvaluations(BaseModel):
    """The best feasible evaluations of one campaign."""

    campaign: int = Field(ge=1)
    count: int = Field(5, ge=1, le=50)


@tool("best_evaluations", "Find the best feasible evaluations of a campaign, best first.", "view_machine")
def best_evaluations(arguments: BestEvaluations, *, by: Actor) -> dict[str, Any]:
    campaign = find(arguments.campaign)
    down = campaign.objective.direction == "minimize"
    rows = of(campaign).filter(state=State.COMPLETED, feasible=True, objective__isnull=False)
    rows = rows.exclude(source=Evaluation.Source.CONFIRMATION)
    best = rows.order_by(F("objective").asc() if down else F("objective").desc(), "id")[: arguments.count]
    return {
        "objective": campaign.objective.name,
        "direction": campaign.objective.direction,
        "units": campaign.objective.units,
        "evaluations": [_entry(row) for row in best],
        "link": link(campaign),
    }


class SaveEvaluations(BaseModel):
    """All evaluations of one campaign, as a CSV file of this conversation."""

    campaign: int = Field(ge=1)
    path: str = Field("evaluations.csv", max_length=120)


@tool(
    "save_evaluations",
    "Write a campaign's evaluations into a CSV file of this conversation, to look at them as a table.",
    "view_machine",
    changes=True,
    for_conversation=True,
)
def save_evaluations(arguments: SaveEvaluations, *, by: Actor) -> dict[str, Any]:
    """Raises NotAllowed outside of a conversation, and Invalid when there are more than a file may hold."""
    campaign = find(arguments.campaign)
    content = "".join(csv(campaign)).encode()
    row = workspaces.write(conversation(by), arguments.path, content, by=by)
    return {"path": row.path, "bytes": row.size, "link": link(campaign)}


def of(campaign: Campaign) -> "QuerySet[Evaluation]":
    rows = Evaluation.objects.filter(execution__iteration__campaign=campaign)
    return rows.select_related("execution__iteration")


def _entry(row: Evaluation) -> dict[str, Any]:
    return {
        "iteration": row.execution.iteration.number,
        "number": row.number,
        "state": row.state,
        "source": row.source,
        "inputs": row.inputs,
        "outputs": row.outputs,
        "objective": row.objective,
        "feasible": row.feasible,
        "trouble": row.detail,
    }
