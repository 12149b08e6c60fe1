"""Proposing a campaign: it lies, filled in, on the page for a new one, where a person looks at it and sends it."""

from typing import Annotated, Any
from urllib.parse import urlencode

from pydantic import BaseModel, Field

from optimizer.models import Environment
from optimizer.services.choices import LONGEST_WHY, ChosenRange, faults, parse
from optimizer.services.creating import preview
from optimizer.tools.finding import environment as find
from xoptweb.actors import Actor
from xoptweb.errors import Invalid
from xoptweb.tools.registry import tool

Name = Annotated[str, Field(max_length=60)]
PAGE = "/campaigns/new/"  # written out: workers know no addresses of pages
USUAL = {"choices": "1", "ask_each_iteration": "1", "iterations_max": "2", "end": "best", "after_crash": "resume",
         "votes_needed": "1"}  # fmt: skip


class ProposeCampaign(BaseModel):
    """What is left out is chosen by the rules. Ranges must lie within the channels' limits."""

    environment: str = Field(description="Short name (slug) of the environment.", max_length=50)
    sentence: str = Field(description="The wish in an operator's words.", min_length=1, max_length=300)
    objective: str = Field("", description="Name of an objective; empty: as the sentence says.", max_length=60)
    variables: dict[Name, ChosenRange | None] = Field(
        {},
        description="Variables to move, each with a range or null for the environment's own; empty: the usual.",
        max_length=200,
    )
    generator: str = Field("", description="Name of a generator; empty: chosen by the rules.", max_length=60)
    evaluations: int | None = Field(None, ge=1, le=10_000, description="In each iteration.")
    iterations: int | None = Field(None, ge=1, le=20)
    why: str = Field("", description="Why this is proposed, for the person.", max_length=LONGEST_WHY)


@tool(
    "propose_campaign",
    "Propose a campaign. Nothing is created: the answer has a link to the filled-in page, which a person checks, "
    "changes and sends, and which then still needs its approval.",
    "run_campaigns",
)
def propose_campaign(arguments: ProposeCampaign, *, by: Actor) -> dict[str, Any]:
    """The link.

    Raises:
        NotFound: there is no such environment.
        Invalid: something does not suit it; `fields` says what.
    """
    environment = find(arguments.environment)
    pinned: dict[str, Any] = {"variables": arguments.variables or None}
    pinned |= {"generator": arguments.generator or None, "evaluations": arguments.evaluations}
    new = parse({"environment": environment.slug, "sentence": arguments.sentence, "pinned": pinned})
    objective = arguments.objective or preview(environment, arguments.sentence).objective
    known = list(environment.objectives.values_list("name", flat=True))
    if objective not in known:
        raise Invalid("It is not clear what is to become better.", fields={"objective": f"one of: {', '.join(known)}"})
    if found := faults(new.pinned, environment, objective):
        raise Invalid("This does not suit the environment.", fields={fault.field: fault.reason for fault in found})
    return {
        "link": f"{PAGE}?{urlencode(_fields(arguments, objective, environment), doseq=True)}",
        "objective": objective,
        "created": False,
        "why": arguments.why,
        "next": "A person opens the link, checks every value and starts the campaign; an approval follows.",
    }


def _fields(arguments: ProposeCampaign, objective: str, environment: Environment) -> dict[str, Any]:
    """As the page's form names them. Who decides is never part of a proposal: each iteration is asked for."""
    usual = environment.variables.filter(default=True).values_list("name", flat=True)
    fields: dict[str, Any] = {
        **USUAL,
        "environment": arguments.environment,
        "sentence": arguments.sentence,
        "objective": objective,
        "variable": list(arguments.variables) or list(usual),
        "constraint": list(environment.constraints.values_list("name", flat=True)),
    }
    for name, given in arguments.variables.items():
        if given is not None:
            fields |= {f"low-{name}": repr(given.low), f"high-{name}": repr(given.high)}
    optional = {"generator": arguments.generator, "evaluations": arguments.evaluations,
                "iterations_max": arguments.iterations, "why": arguments.why}  # fmt: skip
    return fields | {name: value for name, value in optional.items() if value}
