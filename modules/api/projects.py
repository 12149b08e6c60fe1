"""Projects and registries over the API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from modules.files.lock import Locked
from modules.models import Project, Registry
from modules.services import project_files, projects, registries, syncing
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["projects"])
registries_router = Router(tags=["projects"])


class ProjectIn(Schema):
    name: str = Field(max_length=120)
    description: str = Field("", max_length=5000)


class ProjectOut(Schema):
    slug: str
    name: str
    description: str
    sync: str = Field(examples=["synced"])
    sync_error: str
    synced_at: datetime | None
    created_by: str


class LockOut(Schema):
    name: str
    version: str
    digest: str
    source: str


class ProjectDetail(ProjectOut):
    modules: dict[str, str] = Field(description="Name to version or specifier.")
    sources: dict[str, str]
    registries: dict[str, str]
    lock: list[LockOut]


class FilesIn(Schema):
    files: dict[str, str] = Field(
        description="Text by name: `deps.toml`, `xopt-<module>.toml`.", examples=[{"deps.toml": "[modules]\n"}]
    )


class SyncIn(Schema):
    upgrade: bool = Field(False, description="The newest that suits, whatever is locked.")


class RegistryIn(Schema):
    name: str = Field(max_length=80)
    url: str = Field(max_length=400)


class RegistryOut(Schema):
    name: str
    url: str


@router.get("", response={200: Listed[ProjectOut], **REFUSALS}, summary="Projects, by name")
def listed(request: HttpRequest, page: Query[Cut]) -> Any:
    require(actor(request), "view_machine")
    total, items = cut(Project.objects.all(), page)
    return {"total": total, "items": items}


@router.post("", response={201: ProjectDetail, **REFUSALS}, summary="Make a project", openapi_extra=ONCE)
def create(request: HttpRequest, payload: ProjectIn) -> Any:
    return Status(201, _out(projects.create(payload.name, by=actor(request), description=payload.description)))


@router.get("/{slug}", response={200: ProjectDetail, **REFUSALS}, summary="One project with its lock")
def detail(request: HttpRequest, slug: str) -> Any:
    require(actor(request), "view_machine")
    return _out(projects.find(slug))


@router.get("/{slug}/files", response={200: dict[str, str], **REFUSALS}, summary="Its files")
def files(request: HttpRequest, slug: str) -> Any:
    """Texts by their names in `.xopt`."""
    require(actor(request), "view_machine")
    return project_files.give_out(projects.find(slug))


@router.post("/{slug}/files", response={200: ProjectDetail, **REFUSALS}, summary="Take in files", openapi_extra=ONCE)
def take_in(request: HttpRequest, slug: str, payload: FilesIn) -> Any:
    """The project becomes what they say; a module whose file is not there has no values of the project any more."""
    project = projects.find(slug)
    project_files.take_in(project, payload.files, by=actor(request))
    return _out(project)


@router.post("/{slug}/sync", response={202: ProjectDetail, **REFUSALS}, summary="Sync", openapi_extra=ONCE)
def sync(request: HttpRequest, slug: str, payload: SyncIn | None = None) -> Any:
    """Resolve, install what is missing, lock. The log is the project's stream."""
    project = projects.find(slug)
    syncing.request(project, by=actor(request), upgrade=payload.upgrade if payload else False)
    return Status(202, _out(project))


@router.post("/{slug}/delete", response={200: dict[str, str], **REFUSALS}, summary="Forget it", openapi_extra=ONCE)
def delete(request: HttpRequest, slug: str) -> Any:
    """Its runs stay, without it."""
    projects.delete(projects.find(slug), by=actor(request))
    return {"deleted": slug}


@registries_router.get("", response={200: list[RegistryOut], **REFUSALS}, summary="Registries for all projects")
def all_registries(request: HttpRequest) -> Any:
    require(actor(request), "view_machine")
    return list(Registry.objects.filter(project=None))


@registries_router.post("", response={200: RegistryOut, **REFUSALS}, summary="Add a registry", openapi_extra=ONCE)
def save_registry(request: HttpRequest, payload: RegistryIn) -> Any:
    """Or change its address."""
    return registries.save(payload.name, payload.url, by=actor(request))


def _out(project: Project) -> dict[str, Any]:
    locked: list[Locked] = project_files.locked(project)
    names = ("slug", "name", "description", "sync", "sync_error", "synced_at", "created_by")
    return {name: getattr(project, name) for name in names} | projects.described(project) | {"lock": locked}
