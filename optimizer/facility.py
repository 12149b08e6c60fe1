"""The `environment` part of a facility file: an optimisation problem on channels that are there already."""

import logging
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, FiniteFloat, ValidationError

from controls.facility import Document as FacilityDocument
from controls.models import Channel, Machine
from optimizer.environments import problems
from optimizer.models import (
    Constraint,
    Criterion,
    Document,
    Environment,
    Formula,
    Guard,
    Objective,
    Observable,
    Variable,
)
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Invalid
from xoptweb.transactions import transaction

log = logging.getLogger(__name__)

Name = str
Compare = Literal[">", ">=", "<", "<=", "==", "!="]


class _Part(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RangeRule(_Part):
    kind: Literal["absolute", "delta", "fraction_full", "fraction_current"] = "absolute"
    low: FiniteFloat | None = None
    high: FiniteFloat | None = None
    fraction: float | None = Field(None, gt=0, le=10)


class VariablePart(_Part):
    """`channel` empty: the channel of the same name."""

    channel: str = ""
    range: RangeRule
    default: bool = True


class ObservablePart(_Part):
    channel: str = ""
    samples: int = Field(1, ge=1, le=1000)
    statistic: Literal["mean", "median", "min", "max", "std", "last"] = "mean"
    timeout_s: float = Field(3.0, gt=0, le=3600)


class FormulaPart(_Part):
    expression: str = Field(max_length=400)
    units: str = ""


class ObjectivePart(_Part):
    direction: Literal["minimize", "maximize"]
    synonyms: list[str] = []
    units: str = ""
    log: bool = False


class ConstraintPart(_Part):
    op: Literal["greater_than", "less_than"]
    value: FiniteFloat


class ConditionPart(_Part):
    name: str = Field(max_length=80)
    channel: str
    op: Compare
    value: FiniteFloat


class GuardPart(ConditionPart):
    action: Literal["pause", "abort"] = "pause"


class DocumentPart(_Part):
    title: str = Field(max_length=200)
    text: str


class EnvironmentPart(_Part):
    """Names are keys, in the order in which they are shown."""

    slug: str = Field(pattern=r"^[a-z0-9][a-z0-9_-]*$", max_length=50)
    name: str = Field(max_length=80)
    description: str = ""
    variables: dict[Name, VariablePart] = Field(min_length=1)
    observables: dict[Name, ObservablePart] = Field(min_length=1)
    formulas: dict[Name, FormulaPart] = {}
    objectives: dict[Name, ObjectivePart] = Field(min_length=1)
    constraints: dict[Name, ConstraintPart] = {}
    criteria: list[ConditionPart] = []
    guards: list[GuardPart] = []
    documents: list[DocumentPart] = []


def load(document: FacilityDocument, machine: Machine, *, by: Actor) -> Environment | None:
    """The environment of a facility's file, if it has one; created unless it is there already.

    One that is there is left as it is: people may have edited it.

    Raises:
        NotAllowed: `by` may not configure.
        Invalid: the part is not of its form, or names what is not there; `fields` names each key and says why.
    """
    require(by, "configure")
    if not document.environment:
        return None
    part = _parsed(document.environment)
    known = Environment.objects.filter(slug=part.slug).first()
    if known is not None:
        log.info("the environment %s is there already; the database stays as it is", known.slug)
        return known
    channels = {channel.name: channel for channel in machine.channels.all()}
    _check_channels(part, channels)
    with transaction("an environment is there with all of its parts"):
        environment = Environment.objects.create(
            machine=machine, slug=part.slug, name=part.name, description=part.description
        )
        _create(environment, part, channels)
        _refuse({f"environment.{fault.field}": fault.reason for fault in problems(environment)})
        record(by, "environment.loaded", environment, after=part.model_dump(mode="json", exclude_defaults=True))
    return environment


def _parsed(given: Mapping[str, Any]) -> EnvironmentPart:
    try:
        return EnvironmentPart.model_validate(given)
    except ValidationError as problem:
        fields = {"environment." + ".".join(map(str, e["loc"])): e["msg"] for e in problem.errors()}
        raise Invalid("The environment is not of its form.", fields=fields) from problem


def _check_channels(part: EnvironmentPart, channels: Mapping[str, Channel]) -> None:
    missing = {key: name for key, name in _named(part).items() if name not in channels}
    _refuse({f"environment.{key}": f"there is no channel {name}" for key, name in missing.items()})


def _named(part: EnvironmentPart) -> dict[str, str]:
    """Every channel that is named, by its key."""
    return (
        {f"variables.{name}": each.channel or name for name, each in part.variables.items()}
        | {f"observables.{name}": each.channel or name for name, each in part.observables.items()}
        | {f"criteria.{number}": each.channel for number, each in enumerate(part.criteria)}
        | {f"guards.{number}": each.channel for number, each in enumerate(part.guards)}
    )


def _refuse(fields: dict[str, str]) -> None:
    if fields:
        text = "; ".join(f"{key}: {reason}" for key, reason in fields.items())
        raise Invalid(f"The environment does not fit the machine. {text}", fields=fields)


def _create(environment: Environment, part: EnvironmentPart, channels: Mapping[str, Channel]) -> None:
    for position, (name, variable) in enumerate(part.variables.items()):
        rule = variable.range
        Variable.objects.create(
            environment=environment, name=name, position=position, channel=channels[variable.channel or name],
            kind=rule.kind, low=rule.low, high=rule.high, fraction=rule.fraction, default=variable.default,
        )  # fmt: skip
    for position, (name, observable) in enumerate(part.observables.items()):
        Observable.objects.create(
            environment=environment, name=name, position=position, channel=channels[observable.channel or name],
            samples=observable.samples, statistic=observable.statistic, timeout_s=observable.timeout_s,
        )  # fmt: skip
    for position, (name, formula) in enumerate(part.formulas.items()):
        Formula.objects.create(environment=environment, name=name, position=position, **formula.model_dump())
    for position, (name, objective) in enumerate(part.objectives.items()):
        Objective.objects.create(environment=environment, name=name, position=position, **objective.model_dump())
    for position, (name, constraint) in enumerate(part.constraints.items()):
        Constraint.objects.create(
            environment=environment, name=name, position=position, kind=constraint.op, value=constraint.value
        )
    _create_conditions(environment, part, channels)


def _create_conditions(environment: Environment, part: EnvironmentPart, channels: Mapping[str, Channel]) -> None:
    for each in part.criteria:
        Criterion.objects.create(
            environment=environment, name=each.name, channel=channels[each.channel], operator=each.op, value=each.value
        )
    for guard in part.guards:
        Guard.objects.create(
            environment=environment, name=guard.name, channel=channels[guard.channel], operator=guard.op,
            value=guard.value, action=guard.action,
        )  # fmt: skip
    for document in part.documents:
        Document.objects.create(environment=environment, title=document.title, text=document.text)
