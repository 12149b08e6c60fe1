"""Artifacts over the API: those that one may see."""

from datetime import datetime
from typing import Any, Literal

from django.http import HttpRequest, HttpResponse
from ninja import Query, Router, Schema
from pydantic import Field

from agents.models import Artifact
from agents.presentation import downloads
from agents.services import artifacts
from xoptweb.accounts.permissions import person
from xoptweb.accounts.requests import actor
from xoptweb.web.api import REFUSALS, Cut, Listed, cut

router = Router(tags=["artifacts"])

Kind = Literal["", "image", "notebook", "command", "html", "file"]


class Wanted(Schema):
    search: str = Field("", max_length=200, description="Words of the title.")
    kind: Kind = ""
    source: str = Field("", max_length=60, description="A key, or its first word.", examples=["run:12", "campaign"])
    new: bool = Field(False, description="Only those that the account's owner has not looked at.")


class ArtifactOut(Schema):
    id: int
    kind: str = Field(examples=["image"])
    title: str
    name: str = Field(description="Of the file when it is downloaded.")
    media_type: str
    size: int = Field(description="Bytes.")
    digest: str = Field(description="SHA-256 of the content.")
    source: str = Field(examples=["conversation:7"])
    via: str = Field(description="The tool or module that made it.")
    owner: str | None
    created_at: datetime
    path: str = Field(description="Of its content, for the same token.", examples=["/api/v1/artifacts/3/content"])

    @staticmethod
    def resolve_owner(row: Artifact) -> str | None:
        return row.owner.get_username() if row.owner is not None else None

    @staticmethod
    def resolve_path(row: Artifact) -> str:
        return f"/api/v1/artifacts/{row.pk}/content"


@router.get("", response={200: Listed[ArtifactOut], **REFUSALS}, summary="Artifacts, newest first")
def listed(request: HttpRequest, page: Query[Cut], wanted: Query[Wanted]) -> Any:
    """Those of one's own conversations, and all of runs and campaigns."""
    by = actor(request)
    rows = artifacts.found(by=by, words=wanted.search, kind=wanted.kind, source=wanted.source)
    if wanted.new:
        rows = rows.filter(pk__in=artifacts.new_to(person(by)).values("pk"))
    total, items = cut(rows, page)
    return {"total": total, "items": items}


@router.get("/{artifact_id}", response={200: ArtifactOut, **REFUSALS}, summary="One artifact")
def detail(request: HttpRequest, artifact_id: int) -> Any:
    """It stays new to the account's owner."""
    return artifacts.find(artifact_id, by=actor(request))


@router.get("/{artifact_id}/content", response=REFUSALS, summary="Its content")
def content(request: HttpRequest, artifact_id: int) -> HttpResponse:
    """As a download, always: of its media type for images, else as bytes."""
    return downloads.content(artifacts.find(artifact_id, by=actor(request)))
