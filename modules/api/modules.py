"""Modules over the API: what is installed, installing, grants, tunables and configurables."""

from datetime import datetime
from typing import Any, Literal

from django.db.models import QuerySet
from django.http import HttpRequest
from ninja import File, Query, Router, Schema, Status
from ninja.files import UploadedFile
from pydantic import Field

from modules.models import Configurable, Module, ModuleVersion, Parameter, Project, Tunable
from modules.services import finding, grants, installing, parameters, projects, tunables
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["modules"])

Plural = Literal["tunables", "configurables"]
FAMILIES: dict[Plural, type[Parameter]] = {"tunables": Tunable, "configurables": Configurable}


class ModuleOut(Schema):
    name: str = Field(examples=["demo/calculator"])
    description: str
    current: str | None = Field(examples=["1.0.0"])

    @staticmethod
    def resolve_current(module: Module) -> str | None:
        return module.current.version if module.current else None


class VersionOut(Schema):
    version: str
    state: str = Field(examples=["installed"])
    digest: str
    size: int
    python: str
    isolation: str = Field(description="What keeps it apart when it runs.", examples=["landlock"])
    engine: str
    error: str
    uploaded_by: str
    uploaded_at: datetime
    installed_by: str
    installed_at: datetime | None
    seconds: float | None
    manifest: dict[str, Any]
    description: dict[str, Any]


class ModuleDetail(ModuleOut):
    versions: list[VersionOut]
    grants: list[str] = Field(examples=[["llm:*", "network"]])

    @staticmethod
    def resolve_versions(module: Module) -> Any:
        return module.versions.all()

    @staticmethod
    def resolve_grants(module: Module) -> list[str]:
        return grants.texts(module)


class InstallOut(Schema):
    module: str
    version: str
    state: str
    approval: int | None = Field(description="The approval it waits for, where you may not install by yourself.")


class GrantsIn(Schema):
    grants: list[str] = Field(examples=[["llm:*", "tool:read_channel"]], max_length=500)


class GrantsOut(Schema):
    grants: list[str]
    approval: int | None


class VersionIn(Schema):
    version: str = Field(max_length=80)


class ParameterOut(Schema):
    name: str
    kind: str
    description: str
    minimum: float | None
    maximum: float | None
    choices: list[Any]
    default: Any
    declared: bool
    value: Any = Field(description="In force now.")
    origin: str = Field(description="Where it comes from: project, module or default.")
    number: int = Field(description="Of the last change there; 0 when there was none.")


class ValueIn(Schema):
    name: str = Field(max_length=200)
    value: Any
    project: str | None = Field(None, description="Slug; without it the value is the module's.")
    reason: str = Field("", max_length=300)
    seen: int | None = Field(None, description="The number you saw: if somebody was faster, nothing is changed.")


class ClearIn(Schema):
    name: str = Field(max_length=200)
    project: str | None = None
    reason: str = Field("", max_length=300)
    seen: int | None = None


class RollbackIn(ClearIn):
    number: int = Field(ge=0)


class ValueOut(Schema):
    number: int
    value: Any
    cleared: bool
    by: str
    at: datetime
    reason: str
    restores: int | None


@router.get("", response={200: Listed[ModuleOut], **REFUSALS}, summary="Modules, by name")
def listed(request: HttpRequest, page: Query[Cut], search: str = "", installed: bool = True) -> Any:
    """`search` looks into names and descriptions; `installed=false` also gives those that are only known."""
    require(actor(request), "view_machine")
    rows: QuerySet[Module] = Module.objects.select_related("current")
    if installed:
        rows = rows.exclude(current=None)
    for word in search.replace("\x00", "").split():
        rows = rows.filter(name__icontains=word) | rows.filter(description__icontains=word)
    total, items = cut(rows, page)
    return {"total": total, "items": items}


@router.post("", response={202: InstallOut, **REFUSALS}, summary="Upload a package and install it", openapi_extra=ONCE)
def install(request: HttpRequest, file: File[UploadedFile]) -> Any:
    """As a form with the package in `file`. The log is the module's stream; `state` tells when it is done."""
    version, approval = installing.install(file, by=actor(request))
    answer = {"module": version.module.name, "version": version.version, "state": version.state}
    return Status(202, answer | {"approval": approval.pk if approval else None})


@router.get("/{namespace}/{name}", response={200: ModuleDetail, **REFUSALS}, summary="One module with its versions")
def detail(request: HttpRequest, namespace: str, name: str) -> Any:
    require(actor(request), "view_machine")
    return _module(namespace, name)


@router.post(
    "/{namespace}/{name}/uninstall", response={200: ModuleDetail, **REFUSALS}, summary="Uninstall", openapi_extra=ONCE
)
def uninstall(request: HttpRequest, namespace: str, name: str, payload: VersionIn) -> Any:
    """That version. Refused while a run, a lock or another module needs it."""
    by = actor(request)
    installing.uninstall(ModuleVersion.objects.filter(pk=_version(namespace, name, payload.version).pk), by=by)
    return _module(namespace, name)


@router.post(
    "/{namespace}/{name}/current", response={200: ModuleDetail, **REFUSALS}, summary="Choose", openapi_extra=ONCE
)
def choose(request: HttpRequest, namespace: str, name: str, payload: VersionIn) -> Any:
    """Make that version the one that runs when none is asked for."""
    installing.set_current(_version(namespace, name, payload.version), by=actor(request))
    return _module(namespace, name)


@router.post("/{namespace}/{name}/grants", response={200: GrantsOut, **REFUSALS}, summary="Grant", openapi_extra=ONCE)
def set_grants(request: HttpRequest, namespace: str, name: str, payload: GrantsIn) -> Any:
    """All that it may use from now on. Who may not grant asks: then `approval` is its number."""
    module = _module(namespace, name)
    approval = grants.change(module, payload.grants, by=actor(request))
    return {"grants": grants.texts(module), "approval": approval.pk if approval else None}


@router.get(
    "/{namespace}/{name}/{plural}", response={200: list[ParameterOut], **REFUSALS}, summary="Tunables, configurables"
)
def parameters_of(request: HttpRequest, namespace: str, name: str, plural: Plural, project: str | None = None) -> Any:
    """With the values in force, in a project where one is named."""
    require(actor(request), "view_machine")
    return _parameters(_module(namespace, name), plural, _project(project))


@router.post(
    "/{namespace}/{name}/{plural}", response={200: ValueOut, **REFUSALS}, summary="Set a value", openapi_extra=ONCE
)
def set_value(request: HttpRequest, namespace: str, name: str, plural: Plural, payload: ValueIn) -> Any:
    """The next run uses it."""
    row = tunables.find(FAMILIES[plural], _module(namespace, name), payload.name)
    return tunables.set_value(row, payload.value, by=actor(request), **_where(payload))


@router.post(
    "/{namespace}/{name}/{plural}/clear", response={200: ValueOut, **REFUSALS}, summary="Clear", openapi_extra=ONCE
)
def clear(request: HttpRequest, namespace: str, name: str, plural: Plural, payload: ClearIn) -> Any:
    """What is below the value holds again."""
    row = tunables.find(FAMILIES[plural], _module(namespace, name), payload.name)
    return tunables.clear(row, by=actor(request), **_where(payload))


@router.post(
    "/{namespace}/{name}/{plural}/rollback", response={200: ValueOut, **REFUSALS}, summary="Roll back",
    openapi_extra=ONCE,
)  # fmt: skip
def rollback(request: HttpRequest, namespace: str, name: str, plural: Plural, payload: RollbackIn) -> Any:
    """Make an earlier value the newest again."""
    row = tunables.find(FAMILIES[plural], _module(namespace, name), payload.name)
    return tunables.rollback(row, payload.number, by=actor(request), **_where(payload))


@router.get(
    "/{namespace}/{name}/{plural}/history", response={200: Listed[ValueOut], **REFUSALS}, summary="History of a value"
)
def history(
    request: HttpRequest, namespace: str, name: str, plural: Plural, parameter: str, page: Query[Cut],
    project: str | None = None,
) -> Any:  # fmt: skip
    """The newest first."""
    require(actor(request), "view_machine")
    row = tunables.find(FAMILIES[plural], _module(namespace, name), parameter)
    total, items = cut(tunables.history(row, _project(project)), page)
    return {"total": total, "items": items}


def _module(namespace: str, name: str) -> Module:
    return finding.module(f"{namespace}/{name}")


def _version(namespace: str, name: str, number: str) -> ModuleVersion:
    return finding.version(f"{namespace}/{name}", number)


def _where(payload: ValueIn | ClearIn) -> dict[str, Any]:
    return {"project": _project(payload.project), "reason": payload.reason, "seen": payload.seen}


def _project(slug: str | None) -> Project | None:
    return projects.find(slug) if slug else None


def _parameters(module: Module, plural: Plural, project: Project | None) -> list[dict[str, Any]]:
    family = FAMILIES[plural]
    version = module.current
    values = tunables.effective(version, project) if version else tunables.Effective()
    found: dict[str, Any] = getattr(values, plural)
    origins = getattr(values, f"{family.family}_origins")
    place = project.pk if project else None
    numbers = {row.parameter_id: row.number for row in parameters.in_force(family, module, [place])}
    return [
        {
            "name": row.name,
            "kind": row.kind,
            "description": row.description,
            "minimum": row.minimum,
            "maximum": row.maximum,
            "choices": row.choices,
            "default": row.default,
            "declared": row.declared,
            "value": found.get(row.name),
            "origin": origins.get(row.name, "default"),
            "number": numbers.get(row.pk, 0),
        }
        for row in family._default_manager.filter(module=module)
    ]
