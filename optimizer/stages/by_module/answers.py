"""What modules may answer, stage by stage. Whatever is not of this form is a failure of the module."""

from typing import Annotated, Any, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from optimizer.configuration import EVALUATIONS_MAX
from optimizer.services.choices import ChosenInitial, ChosenRange
from optimizer.stages.by_module.question import Refused
from xoptweb.refusals import in_words

LONGEST = 4000
MOST_FAULTS = 12

Words = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST)]
Line = Annotated[str, StringConstraints(strip_whitespace=True, max_length=1000)]
Model = TypeVar("Model", bound=BaseModel)


class _Answer(BaseModel):
    model_config = ConfigDict(extra="forbid")


class Observation(_Answer):
    """One thing that the module saw."""

    what: Line
    channel: str = Field("", max_length=120)
    meaning: Line = ""


class StateAnswer(_Answer):
    """`channels_checked` are short names of channels that its run has read."""

    state: Literal["ready", "not ready", "unknown"]
    reasoning: Words
    channels_checked: list[Annotated[str, StringConstraints(max_length=120)]] = Field([], max_length=100)
    observations: list[Observation] = Field([], max_length=50)


class DecisionAnswer(_Answer):
    decision: Literal["continue", "abort"]
    strategy: Literal["exploration", "optimization"]
    reasoning: Words


class Choices(_Answer):
    """What a module may choose of a configuration. Guards, limits, constraints, time and policies are not among it."""

    variables: dict[str, ChosenRange | None] | None = None
    generator: str | None = Field(None, max_length=60)
    options: dict[str, Any] = {}
    evaluations: int | None = Field(None, ge=1, le=EVALUATIONS_MAX)
    initial: ChosenInitial = ChosenInitial()


class ConfigurationAnswer(_Answer):
    choices: Choices
    reasoning: Words


class AnalysisAnswer(_Answer):
    explanation: Words
    recommendations: list[Line] = Field([], max_length=8)
    stop: bool = False
    why_stop: Line = ""


def parsed(form: type[Model], output: Any) -> Model:
    """What a module answered, as its stage understands it.

    Raises:
        Refused: it is not of that form; every fault is named.
    """
    try:
        return form.model_validate(output)
    except ValidationError as problem:
        faults = [f"{_place(error['loc'])}: {in_words(error)}" for error in problem.errors()[:MOST_FAULTS]]
        raise Refused("Its answer is not of the form that the stage needs. " + "; ".join(faults)) from problem


def _place(location: tuple[int | str, ...]) -> str:
    return ".".join(str(part) for part in location if part != "ChosenRange") or "the answer"
