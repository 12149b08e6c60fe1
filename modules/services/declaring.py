"""The parameters of a module as its newly installed version declares them."""

from typing import Any

from django.utils import timezone

from modules.models import Configurable, Module, ModuleVersion, Parameter, Tunable
from modules.services import typed
from modules.services.parameters import in_force, values_of
from modules.services.tunables import defaults


def declare(version: ModuleVersion) -> None:
    """Make the module's parameters fit its new current version; values and definitions of people stay."""
    for family in (Tunable, Configurable):
        _declare(family, version)


def _declare(family: type[Parameter], version: ModuleVersion) -> None:
    brought = defaults(family, version)
    described = version.description.get(f"{family.family}s") or []
    texts = {each["name"]: each.get("description") or "" for each in described}
    names = set(brought) | set(texts)
    family._default_manager.filter(module=version.module).exclude(name__in=names).update(declared=False)
    for name in sorted(names):
        row = known(family, version.module, name, brought.get(name))
        row.default, row.declared = brought.get(name), True
        row.description = texts.get(name) or row.description
        if row.default is not None and typed.fault(row, row.default):
            redefine(row, typed.kind_of(row.default))
        row.updated_at = timezone.now()
        row.save()


def known(family: type[Parameter], module: Module, name: str, value: Any) -> Any:
    """The parameter of that name; one that nobody has declared yet gets the kind of `value`."""
    made = {"kind": typed.kind_of(value), "declared": False}
    row, _ = family._default_manager.get_or_create(module=module, name=name, defaults=made)
    return row


def redefine(row: Any, kind: Parameter.Kind) -> None:
    """Give a parameter another kind; any JSON, where a value that is in force would not suit it."""
    row.kind, row.minimum, row.maximum, row.choices = kind, None, None, []
    projects = [None, *values_of(row).exclude(project=None).values_list("project", flat=True).distinct()]
    values = [each.value for each in in_force(type(row), row.module, projects).filter(parameter=row, cleared=False)]
    if any(typed.fault(row, value) for value in values):
        row.kind = Parameter.Kind.JSON
