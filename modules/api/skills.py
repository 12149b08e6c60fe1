"""Skills over the API: writing a text, having it checked, asking for its promotion, and which version is the tool."""

from datetime import datetime
from typing import Any

from django.db.models import Prefetch, Q, QuerySet
from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from modules.models import Skill, SkillVersion
from modules.presentation.skills import is_tool
from modules.services import promoting, skills
from modules.skills import written
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.errors import Conflict
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["skills"])

LARGE = ("source", "examples", "checks", "module_version__manifest", "module_version__description")


class ExampleIn(Schema):
    arguments: dict[str, Any] = Field(description="By their names.", examples=[{"width": 2.0}])
    result: Any = Field(description="What is expected, as JSON; numbers may differ in the last figures.")


class SkillIn(Schema):
    name: str = Field(max_length=40, description="Of the function.", examples=["beam_area"])
    description: str = Field(description="What it is good for, in a sentence.", examples=["Area of a beam"])
    source: str = Field(description="The Python text.")
    examples: list[ExampleIn] = Field([], description="A skill without any does not pass.")
    dependencies: list[str] = Field([], examples=[["numpy>=2"]])
    grants: list[str] = Field([], description="What it wants to use beyond itself.", examples=[["tool:find_channels"]])
    seen: str | None = Field(
        None,
        description="Digest of the last version you know, empty for none: if somebody was faster, nothing is stored.",
    )


class PromoteIn(Schema):
    digest: str = Field(max_length=64, description="Of the text that you saw; another one is not asked for.")


class SkillOut(Schema):
    name: str
    description: str = Field(description="Of the version that was written last.")
    tool: str = Field(description="What models call it by.", examples=["skill_beam_area"])
    current: int | None = Field(description="Number of the version that is the tool now.")
    last: int = Field(description="Number of the version that was written last.")
    state: str = Field(description="Of that version.", examples=["checked"])
    created_by: str
    created_at: datetime
    removed_at: datetime | None


class VersionOut(Schema):
    number: int
    state: str = Field(examples=["checking", "faulty", "checked", "waiting", "promoted"])
    description: str
    digest: str = Field(description="SHA-256 of all that people decide on.")
    current: bool = Field(description="Whether it is the tool now.")
    by: str
    at: datetime
    checked_at: datetime | None


class SkillDetail(SkillOut):
    module: str = Field(examples=["skills/beam_area"])
    stream: str = Field(description="To follow at /ws/live/?s=…, with the same token: events of all skills.")
    versions: list[VersionOut] = Field(description="The newest first.")


class VersionDetail(VersionOut):
    name: str
    source: str
    examples: list[dict[str, Any]]
    dependencies: list[str]
    grants: list[str]
    checks: list[dict[str, Any]] = Field(
        description="Each with name, passed, what it said, and a row for each example."
    )
    said: str = Field(description="What came of the last request to promote it.")
    origin: str = Field(description="Such as conversation:7.")


class AskedOut(Schema):
    approval: int = Field(description="Number of the approval that decides.")
    state: str = Field(examples=["waiting"])


class RemovedOut(Schema):
    removed: str
    installed: str = Field(description="Why some of its versions are still installed, if so.")


@router.get("", response={200: Listed[SkillOut], **REFUSALS}, summary="Skills, by name")
def listed(request: HttpRequest, page: Query[Cut], search: str = "") -> Any:
    """`search` looks into names and descriptions."""
    require(actor(request), "view_machine")
    total, items = cut(_known(search), page)
    return {"total": total, "items": [_skill(skill) for skill in items]}


@router.post(
    "", response={201: VersionDetail, **REFUSALS}, summary="Write a skill, or go on with one", openapi_extra=ONCE
)
def write(request: HttpRequest, payload: SkillIn) -> Any:
    """A draft, which a worker checks; reading it again tells how that went. No tool comes of it but by an approval."""
    by = actor(request)
    require(by, skills.PERMISSION)
    rows = [each.dict() for each in payload.examples]
    given = written.checked(
        payload.name, payload.source, payload.description, rows, payload.dependencies, payload.grants
    )
    made = skills.write(given, by=by, seen=payload.seen)
    return Status(201, _text(payload.name, made.number))


@router.get("/{name}", response={200: SkillDetail, **REFUSALS}, summary="One skill with its versions")
def detail(request: HttpRequest, name: str) -> Any:
    require(actor(request), "view_machine")
    return _detail(name)


@router.get("/{name}/versions/{number}", response={200: VersionDetail, **REFUSALS}, summary="One text, and its checks")
def version(request: HttpRequest, name: str, number: int) -> Any:
    require(actor(request), "view_machine")
    return _text(name, number)


@router.post(
    "/{name}/versions/{number}/check", response={200: VersionDetail, **REFUSALS}, summary="Check it", openapi_extra=ONCE
)
def check(request: HttpRequest, name: str, number: int) -> Any:
    """Again: what can be read of it at once, and its examples, which a worker runs in the sandbox."""
    by = actor(request)
    require(by, skills.PERMISSION)
    skills.check(_version(name, number), by=by)
    return _text(name, number)


@router.post(
    "/{name}/versions/{number}/promote",
    response={202: AskedOut, **REFUSALS},
    summary="Ask for its promotion",
    openapi_extra=ONCE,
)
def promote(request: HttpRequest, name: str, number: int, payload: PromoteIn) -> Any:
    """Once its checks have passed. Somebody else decides; no token does."""
    by = actor(request)
    require(by, skills.PERMISSION)
    found = _version(name, number)
    if payload.digest != found.digest:
        raise Conflict(f"{found} was changed since you looked at it.", code="superseded")
    approval = promoting.ask(found, by=by)
    return Status(202, {"approval": approval.pk, "state": str(found.state)})


@router.post(
    "/{name}/versions/{number}/current",
    response={200: SkillDetail, **REFUSALS},
    summary="Make it the tool",
    openapi_extra=ONCE,
)
def make_current(request: HttpRequest, name: str, number: int) -> Any:
    """A version that was approved, and is installed."""
    by = actor(request)
    require(by, "install_modules")
    promoting.make_current(_version(name, number), by=by)
    return _detail(name)


@router.post("/{name}/remove", response={200: RemovedOut, **REFUSALS}, summary="Remove", openapi_extra=ONCE)
def remove(request: HttpRequest, name: str) -> Any:
    """The tool is gone at once, and its versions are uninstalled. Texts and runs stay."""
    by = actor(request)
    require(by, "install_modules")
    left = promoting.remove(skills.find(name), by=by)
    return {"removed": name, "installed": left}


def _known(search: str = "") -> "QuerySet[Skill]":
    """Two queries for all that is told of a list."""
    light = SkillVersion.objects.select_related("module_version").defer(*LARGE)
    rows = Skill.objects.select_related("module").prefetch_related(Prefetch("versions", light.order_by("-number")))
    for word in search.replace("\x00", "").split():
        described = SkillVersion.objects.filter(description__icontains=word).values("skill")
        rows = rows.filter(Q(name__icontains=word) | Q(pk__in=described))
    return rows.filter(versions__number=1)


def _skill(skill: Skill) -> dict[str, Any]:
    last, *_ = versions = list(skill.versions.all())
    current = next((one.number for one in versions if is_tool(one, skill)), None)
    names = ("name", "tool", "created_by", "created_at", "removed_at")
    told = {name: getattr(skill, name) for name in names}
    return told | {
        "description": last.description,
        "current": current,
        "last": last.number,
        "state": str(last.state),
    }


def _detail(name: str) -> dict[str, Any]:
    """Raises NotFound."""
    skill = _known().get(pk=skills.find(name).pk)
    versions = [_light(one, skill) for one in skill.versions.all()]
    return _skill(skill) | {"module": skill.module_name, "stream": skills.STREAM, "versions": versions}


def _light(one: SkillVersion, skill: Skill) -> dict[str, Any]:
    names = ("number", "description", "digest", "by", "at", "checked_at")
    told = {name: getattr(one, name) for name in names}
    return told | {"state": str(one.state), "current": is_tool(one, skill)}


def _version(name: str, number: int) -> SkillVersion:
    """Raises NotFound."""
    return skills.find_version(skills.find(name), number)


def _text(name: str, number: int) -> dict[str, Any]:
    """Raises NotFound."""
    one = _version(name, number)
    names = ("source", "examples", "dependencies", "grants", "checks", "said", "origin")
    return _light(one, one.skill) | {"name": one.skill.name} | {field: getattr(one, field) for field in names}
