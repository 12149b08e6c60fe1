"""What tunables and configurables have in common: setting, clearing, rolling back, and what is in force."""

from collections.abc import Iterable
from typing import Any, cast

from django.db.models import Exists, OuterRef, QuerySet
from django.utils import timezone

from modules.models import (
    Configurable,
    ConfigurableValue,
    Module,
    Parameter,
    ParameterValue,
    Project,
    Tunable,
    TunableValue,
)
from modules.services import typed
from xoptweb.accounts.permissions import require
from xoptweb.actors import Actor
from xoptweb.audit.services import record
from xoptweb.errors import Conflict, Invalid, NotFound
from xoptweb.live.services import publish
from xoptweb.transactions import transaction

PERMISSION = "edit_tunables"
VALUES: dict[type[Parameter], Any] = {Tunable: TunableValue, Configurable: ConfigurableValue}


def values_of(parameter: Parameter) -> Any:
    """The query set of all its values, in every project."""
    return VALUES[type(parameter)].objects.filter(parameter=parameter)


def history(parameter: Parameter, project: Project | None = None) -> Any:
    """Its values there, the newest first."""
    return values_of(parameter).filter(project=project).order_by("-number")


def in_force(family: type[Parameter], module: Module, projects: Iterable[int | None]) -> "QuerySet[Any]":
    """The newest value of each parameter of `module`, for the module itself (None) and each project."""
    model = VALUES[family]
    wanted = list(projects)
    rows = model.objects.filter(parameter__module=module).select_related("parameter")
    newer = model.objects.filter(parameter=OuterRef("parameter"), number__gt=OuterRef("number"))
    own = rows.filter(project=None).filter(~Exists(newer.filter(project=None)))
    if not (keys := [key for key in wanted if key is not None]):
        return cast("QuerySet[Any]", own if None in wanted else rows.none())
    theirs = rows.filter(project__in=keys).filter(~Exists(newer.filter(project=OuterRef("project"))))
    return cast("QuerySet[Any]", theirs | own if None in wanted else theirs)


def find(family: type[Parameter], module: Module, name: str) -> Any:
    """The parameter. Raises NotFound."""
    found = family._default_manager.filter(module=module, name=name).first()
    if found is None:
        raise NotFound(f"{module} has no {family.family} “{name}”.", code="no_such_parameter")
    return found


def set_value(
    parameter: Parameter,
    value: Any,
    *,
    by: Actor,
    project: Project | None = None,
    reason: str = "",
    seen: int | None = None,
) -> ParameterValue:
    """Give a parameter a value, for its module or for one project. The next run uses it.

    `seen` is the number of the value that was in force when it was edited (0: none).

    Raises:
        NotAllowed: `by` may not edit tunables.
        Invalid: the value does not suit the parameter.
        Conflict: somebody else set it since `seen`.
    """
    require(by, PERMISSION)
    return _append(parameter, project, by, value=typed.checked(parameter, value), reason=reason, seen=seen)


def clear(
    parameter: Parameter, *, by: Actor, project: Project | None = None, reason: str = "", seen: int | None = None
) -> ParameterValue:
    """Take the value back, so that what is below it holds again. Raises as `set_value`."""
    require(by, PERMISSION)
    return _append(parameter, project, by, value=None, cleared=True, reason=reason, seen=seen)


def rollback(
    parameter: Parameter,
    number: int,
    *,
    by: Actor,
    project: Project | None = None,
    reason: str = "",
    seen: int | None = None,
) -> ParameterValue:
    """Make value `number` the newest again; nothing of the history is lost. 0 is what was before the first.

    Raises:
        NotFound: there is no such value.
        Invalid: the parameter's bounds no longer allow it.
        and as `set_value`.
    """
    require(by, PERMISSION)
    row = history(parameter, project).filter(number=number).first()
    if row is None and number != 0:
        raise NotFound(f"{parameter.name} has no value number {number} there.", code="no_such_value")
    cleared = row is None or row.cleared
    value = None if cleared else typed.checked(parameter, row.value)
    return _append(parameter, project, by, value=value, cleared=cleared, reason=reason, restores=number, seen=seen)


def _append(
    parameter: Parameter,
    project: Project | None,
    by: Actor,
    *,
    seen: int | None = None,
    **fields: Any,
) -> ParameterValue:
    with transaction("a value gets the next number and its audit entry"):
        # the parameter's row is the lock: two people who save at once get two numbers
        type(parameter)._default_manager.select_for_update().get(pk=parameter.pk)
        last = history(parameter, project).first()
        number = last.number if last is not None else 0
        if seen is not None and seen != number:
            raise Conflict(
                f"{parameter.name} was changed by {last.by if last else 'somebody'} since you opened it; look again.",
                code="changed_meanwhile",
            )
        row: ParameterValue = VALUES[type(parameter)].objects.create(
            parameter=parameter, project=project, number=number + 1, by=by.label, at=timezone.now(), **fields
        )
        _tell(parameter, project, row, last, by)
    return row


def _tell(parameter: Any, project: Project | None, row: Any, last: Any, by: Actor) -> None:
    label = f"{parameter.module.name} {parameter.name}" + (f" in {project.slug}" if project else "")
    before = None if last is None or last.cleared else {"value": last.value, "number": last.number}
    after: dict[str, Any] = {"value": row.value, "number": row.number, "cleared": row.cleared, "reason": row.reason}
    if row.restores is not None:
        after["restores"] = row.restores
    action = f"{parameter.family}.{'rolled_back' if row.restores is not None else 'cleared' if row.cleared else 'set'}"
    record(by, action, parameter, before=before, after=after, label=label)
    event = {"family": parameter.family, "name": parameter.name, "number": row.number, "by": by.label}
    publish((project or parameter.module).stream, "parameter", event)


def define(
    parameter: Parameter,
    *,
    kind: str,
    minimum: float | None,
    maximum: float | None,
    choices: list[Any],
    description: str | None = None,
    by: Actor,
) -> Parameter:
    """Change what values a parameter may have. Those in force have to suit it, in every project.

    Raises:
        NotAllowed: `by` may not edit tunables.
        Invalid: the definition makes no sense, or a value in force does not suit it.
    """
    require(by, PERMISSION)
    before = described(parameter)
    parameter.kind, parameter.minimum, parameter.maximum, parameter.choices = kind, minimum, maximum, choices
    if description is not None:
        parameter.description = description
    if reason := definition_obstacle(parameter):
        raise Invalid(reason, fields={"kind": reason})
    with transaction("a definition changes with its audit entry"):
        parameter.updated_at = timezone.now()
        parameter.save()
        record(by, f"{parameter.family}.defined", parameter, before=before, after=described(parameter))
        event = {"family": parameter.family, "name": parameter.name, "by": by.label}
        publish(parameter.module.stream, "parameter", event)
    return parameter


def definition_obstacle(parameter: Any) -> str:
    """Why its kind, bounds and choices can't be like that; empty when they can."""
    if parameter.kind not in Parameter.Kind.values:
        return f"Choose one of: {', '.join(Parameter.Kind.values)}."
    if reason := typed.definition_fault(parameter):
        return reason
    projects = [None, *values_of(parameter).exclude(project=None).values_list("project", flat=True).distinct()]
    for row in in_force(type(parameter), parameter.module, projects).filter(parameter=parameter):
        if not row.cleared and (reason := typed.fault(parameter, row.value)):
            return f"The value in force does not suit it. {reason}"
    if parameter.default is not None and (reason := typed.fault(parameter, parameter.default)):
        return f"The default does not suit it. {reason}"
    return ""


def described(parameter: Parameter) -> dict[str, Any]:
    names = ("kind", "minimum", "maximum", "choices", "description")
    return {name: getattr(parameter, name) for name in names}
