"""Tunables and configurables of a module: their values, and which are in force for a run."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from modules.models import Configurable, Module, ModuleVersion, Parameter, Project, Tunable
from modules.services import typed
from modules.services.parameters import clear, define, find, history, in_force, rollback, set_value
from xoptweb.errors import Invalid

__all__ = [
    "Effective", "Origin", "checked_overrides", "clear", "define", "effective", "find", "history", "overridden",
    "rollback", "set_value",
]  # fmt: skip

Origin = Literal["run", "project", "module", "default"]


@dataclass(frozen=True)
class Effective:
    """What a run gets, and where each value comes from."""

    tunables: dict[str, Any] = field(default_factory=dict)
    configurables: dict[str, Any] = field(default_factory=dict)
    tunable_origins: dict[str, Origin] = field(default_factory=dict)
    configurable_origins: dict[str, Origin] = field(default_factory=dict)


def effective(
    version: ModuleVersion,
    project: Project | None = None,
    overrides: Mapping[str, Mapping[str, Any]] | None = None,
) -> Effective:
    """Run override > project > module > what the version brings along.

    `overrides` is `{"tunables": {…}, "configurables": {…}}`, already checked.
    """
    tunables, tunable_origins = _merged(Tunable, version, project)
    configurables, configurable_origins = _merged(Configurable, version, project)
    return overridden(Effective(tunables, configurables, tunable_origins, configurable_origins), overrides or {})


def overridden(values: Effective, overrides: Mapping[str, Mapping[str, Any]]) -> Effective:
    """With what is given with a run. `values` stays as it is."""
    tunables, configurables = overrides.get("tunables") or {}, overrides.get("configurables") or {}
    return Effective(
        values.tunables | dict(tunables),
        values.configurables | dict(configurables),
        values.tunable_origins | dict.fromkeys(tunables, "run"),
        values.configurable_origins | dict.fromkeys(configurables, "run"),
    )


def _merged(
    family: type[Parameter], version: ModuleVersion, project: Project | None
) -> tuple[dict[str, Any], dict[str, Origin]]:
    values = defaults(family, version)
    origins: dict[str, Origin] = dict.fromkeys(values, "default")
    rows = in_force(family, version.module, [None] if project is None else [None, project.pk])
    if version.state == ModuleVersion.State.DEVELOPMENT:  # its author edits the file
        rows = rows.none()
    for row in sorted(rows, key=lambda row: row.project_id is not None):
        if not row.cleared:
            values[row.parameter.name] = row.value
            origins[row.parameter.name] = "module" if row.project_id is None else "project"
    return values, origins


def defaults(family: type[Parameter], version: ModuleVersion) -> dict[str, Any]:
    """What the version brings along: its manifest, and what its code says where the manifest says nothing."""
    plural = f"{family.family}s"
    described = version.description.get(plural) or []
    said = {each["name"]: each.get("default") for each in described}
    known = {name: value for name, value in said.items() if value is not None}
    return known | (version.manifest.get(plural) or {})


def checked_overrides(
    module: Module, tunables: Mapping[str, Any], configurables: Mapping[str, Any]
) -> dict[str, dict[str, Any]]:
    """What is given with a run, as it is stored. Names the module does not know are let through, as it ignores them.

    Raises:
        Invalid: a value does not suit its parameter; `fields` names each.
    """
    fields: dict[str, str] = {}
    for family, given in ((Tunable, tunables), (Configurable, configurables)):
        if not given:
            continue
        for parameter in family._default_manager.filter(module=module, name__in=list(given)):
            if reason := typed.fault(parameter, given[parameter.name]):
                fields[f"{family.family}s.{parameter.name}"] = reason
    if fields:
        raise Invalid("These values do not suit the module.", fields=fields)
    return {"tunables": dict(tunables), "configurables": dict(configurables)}
