"""What a person chooses for a campaign, and whether it suits the environment."""

from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from controls.models import Channel
from optimizer.configuration import EVALUATIONS_MAX, SECONDS_MAX
from optimizer.configuration.schema import Method
from optimizer.configuration.validation import Fault
from optimizer.generators import catalogue
from optimizer.models import Environment, Variable
from xoptweb.errors import Invalid
from xoptweb.refusals import in_words

ITERATIONS_MAX = 20
LONGEST_WHY = 1000  # characters of the reason that comes with a proposal
Model = TypeVar("Model", bound=BaseModel)


class _Choice(BaseModel):
    model_config = ConfigDict(extra="forbid")


class ChosenRange(_Choice):
    """A range in the channel's units that replaces the environment's rule."""

    low: FiniteFloat
    high: FiniteFloat


class ChosenInitial(_Choice):
    method: Method | None = None
    count: int | None = Field(None, ge=0, le=EVALUATIONS_MAX)


class Pinned(_Choice):
    """What nothing overrides, in any iteration. What is left out is decided by rules.

    `variables` names those to vary, with a range or None for the environment's rule; `constraints` names those of the
    environment that hold.
    """

    variables: dict[str, ChosenRange | None] | None = None
    generator: str | None = None
    options: dict[str, Any] = {}
    evaluations: int | None = Field(None, ge=1, le=EVALUATIONS_MAX)
    seconds: float | None = Field(None, gt=0, le=SECONDS_MAX)
    initial: ChosenInitial = ChosenInitial()
    constraints: list[str] | None = None
    confirmations: int | None = Field(None, ge=0, le=100)
    seed: int | None = Field(None, ge=0, lt=2**31)


class NewCampaign(_Choice):
    """Everything needed to create a campaign. `objective` empty: taken from the sentence."""

    environment: str = Field(description="Slug of the environment.", max_length=50)
    sentence: str = Field(min_length=1, max_length=300)
    objective: str = Field("", max_length=60)
    pinned: Pinned = Pinned()
    iterations_max: int = Field(2, ge=1, le=ITERATIONS_MAX)
    end: Literal["best", "restore", "leave"] = "best"
    after_crash: Literal["resume", "restore"] = "resume"
    after_module_failure: Literal["rules", "stop"] | None = Field(
        None, description="What follows when the module of a stage fails; empty: as the environment says."
    )
    votes_needed: int = Field(1, ge=1, le=5)
    requester_may_decide: bool = False
    ask_each_iteration: bool = True
    idempotency_key: str | None = Field(None, max_length=80)


def parse(given: Mapping[str, Any]) -> NewCampaign:
    """A form's or a program's values as choices.

    Raises:
        Invalid: a value is wrong; `fields` names it, dotted, and says why.
    """
    return _validated(NewCampaign, given)


def parse_pinned(given: Mapping[str, Any]) -> Pinned:
    """Raises Invalid as `parse`."""
    return _validated(Pinned, given)


def _validated(model: type[Model], given: Mapping[str, Any]) -> Model:
    try:
        return model.model_validate(given)
    except ValidationError as problem:
        fields = {_dotted(error["loc"]): in_words(error) for error in problem.errors()}
        raise Invalid("Some of these values are wrong.", fields=fields) from problem


def _dotted(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "ChosenRange") or "campaign"


def faults(pinned: Pinned, environment: Environment, objective: str) -> list[Fault]:
    """What does not suit the environment, as far as it can be known without the present values."""
    return [
        *_generator_faults(pinned, environment, objective),
        *_variable_faults(pinned, environment),
        *_constraint_faults(pinned, environment, objective),
    ]


def chosen_variables(pinned: Pinned, environment: Environment) -> list[Variable]:
    """The variables that will be varied, in the environment's order."""
    every = list(environment.variables.select_related("channel"))
    if pinned.variables is None:
        return [variable for variable in every if variable.default]
    return [variable for variable in every if variable.name in pinned.variables]


def chosen_constraints(pinned: Pinned, environment: Environment, objective: str) -> list[str]:
    """The environment's constraints that hold; one on the objective itself says nothing and is left out."""
    names = [constraint.name for constraint in environment.constraints.all() if constraint.name != objective]
    return names if pinned.constraints is None else [name for name in names if name in pinned.constraints]


def _generator_faults(pinned: Pinned, environment: Environment, objective: str) -> Iterator[Fault]:
    if pinned.generator is None:
        if pinned.options:
            yield Fault("pinned.options", "options need a generator to belong to")
        return
    try:
        entry = catalogue.entry(pinned.generator)
    except Invalid as problem:
        yield Fault("pinned.generator", problem.fields["generator"])
        return
    for option, reason in catalogue.problems(pinned.generator, pinned.options).items():
        yield Fault(f"pinned.options.{option}", reason)
    constraints = chosen_constraints(pinned, environment, objective)
    if constraints and not entry.constraints:
        names = ", ".join(constraints)
        yield Fault("pinned.generator", f"{entry.title} takes no constraints ({names}); choose another or drop them")
    if pinned.evaluations is not None and not entry.explores and pinned.evaluations < 2:
        yield Fault("pinned.evaluations", f"{entry.title} needs at least 2: the present values and one of its own")


def _variable_faults(pinned: Pinned, environment: Environment) -> Iterator[Fault]:
    chosen = chosen_variables(pinned, environment)
    if not chosen:
        yield Fault("pinned.variables", "choose at least one")
    known = {variable.name: variable.channel for variable in environment.variables.select_related("channel")}
    for name, given in (pinned.variables or {}).items():
        if name not in known:
            yield Fault(f"pinned.variables.{name}", f"{environment} has no such variable")
        elif given is not None:
            yield from _range_faults(f"pinned.variables.{name}", given, known[name])
    for variable in chosen:
        if not variable.channel.writable:
            yield Fault(f"pinned.variables.{variable.name}", f"{variable.channel} may not be written")


def _range_faults(field: str, given: ChosenRange, channel: Channel) -> Iterator[Fault]:
    if not given.low < given.high:
        yield Fault(f"{field}.low", f"{given.low:g} is not below {given.high:g}")
    if channel.low is not None and given.low < channel.low:
        yield Fault(f"{field}.low", f"{given.low:g} is below the channel's limit {channel.low:g}")
    if channel.high is not None and given.high > channel.high:
        yield Fault(f"{field}.high", f"{given.high:g} is above the channel's limit {channel.high:g}")


def _constraint_faults(pinned: Pinned, environment: Environment, objective: str) -> Iterator[Fault]:
    known = set(environment.constraints.values_list("name", flat=True))
    for name in pinned.constraints or []:
        if name not in known:
            yield Fault("pinned.constraints", f"{environment} has no constraint {name}")
        elif name == objective:
            yield Fault("pinned.constraints", f"{name} is the objective itself")
