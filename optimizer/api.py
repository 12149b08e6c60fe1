"""Campaigns over the API."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Query, Router, Schema, Status
from pydantic import Field

from optimizer.models import Campaign, Evaluation
from optimizer.presentation.lists import list_rows
from optimizer.services import campaigns
from optimizer.services.choices import NewCampaign
from optimizer.views.detail import find
from optimizer.views.lists import filtered
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.actors import Actor
from xoptweb.errors import Invalid
from xoptweb.plain import plain
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["campaigns"])

EXAMPLE: Any = {
    "environment": "screen-focus",
    "sentence": "make the beam on the screen smaller",
    "pinned": {"variables": {"Q1": {"low": -12, "high": 18}, "Q2": None}, "evaluations": 40},
    "iterations_max": 2,
    "end": "best",
}


class NewCampaignIn(NewCampaign):
    """What the page's form asks for. The idempotency key may stand here or in the header."""

    model_config = {"extra": "forbid", "json_schema_extra": {"examples": [EXAMPLE]}}


class CampaignOut(Schema):
    id: int
    environment: str = Field(examples=["screen-focus"])
    sentence: str = Field(examples=["make the beam on the screen smaller"])
    objective: str = Field(examples=["beam_size"])
    direction: str = Field(examples=["minimize"])
    state: str = Field(examples=["executing"])
    final: str = Field(description="Where the channels came to rest.", examples=["best"])
    message: str
    requested_by: str = Field(examples=["olga"])
    token: str | None = Field(None, description="Name of that by which it was asked for; its scopes bound its modules.")
    iterations_max: int
    evaluations: int = Field(description="Made so far, in all iterations.")
    created_at: datetime
    ended_at: datetime | None


class StageRunOut(Schema):
    attempt: int
    module: str = Field(examples=["xoptweb/decision@1.0.0"])
    digest: str = Field(description="SHA-256 of its package.")
    run: int | None = Field(None, description="Number of the run that has its trace.")
    state: str = Field(examples=["accepted"])
    problem: str = Field(description="Why its answer does not count.")
    tunables: dict[str, Any]
    tokens_in: int
    tokens_out: int
    cost: float | None

    @staticmethod
    def resolve_run(row: Any) -> int | None:
        return row.number  # type: ignore[no-any-return]


class StageOut(Schema):
    stage: str = Field(examples=["configuration"])
    round: int
    state: str
    summary: str
    reasoning: str
    decided_by: str = Field(description="“rules”, or the module as namespace/name@version.")
    runs: list[StageRunOut]
    result: dict[str, Any]
    started_at: datetime
    ended_at: datetime | None


class IterationOut(Schema):
    number: int
    strategy: str
    configuration: dict[str, Any] | None
    approval: int | None = Field(None, description="Number of its approval.")
    stages: list[StageOut]
    result: dict[str, Any] | None

    @staticmethod
    def resolve_approval(iteration: Any) -> int | None:
        return iteration.approval_id  # type: ignore[no-any-return]

    @staticmethod
    def resolve_stages(iteration: Any) -> Any:
        return iteration.stages.all()


class CampaignDetail(CampaignOut):
    end: str
    after_crash: str
    after_module_failure: str = Field(description="“rules” or “stop”.", examples=["rules"])
    pinned: dict[str, Any]
    iterations: list[IterationOut]


class EvaluationOut(Schema):
    iteration: int
    number: int
    state: str = Field(examples=["completed"])
    source: str = Field(examples=["generator"])
    inputs: dict[str, float | str | None]
    outputs: dict[str, float | str | None] = Field(description="What is not finite is given by name: “nan”.")
    errors: dict[str, float | str | None]
    objective: float | None
    feasible: bool | None
    code: str
    detail: str
    started_at: datetime
    ended_at: datetime | None

    @staticmethod
    def resolve_iteration(evaluation: Evaluation) -> int:
        return evaluation.execution.iteration.number


class StopIn(Schema):
    reason: str = Field("", max_length=200)


@router.get("", response={200: Listed[CampaignOut], **REFUSALS}, summary="Campaigns, newest first")
def listed(request: HttpRequest, page: Query[Cut], state: str = "", environment: str = "", search: str = "") -> Any:
    """`state` is one of the states or `active`; `environment` is a slug; `search` looks into sentences and names."""
    require(actor(request), "view_machine")
    total, rows = cut(filtered(request), page)
    return {"total": total, "items": [_out(row.campaign, row.evaluations) for row in list_rows(rows)]}


@router.post("", response={201: CampaignOut, **REFUSALS}, summary="Ask for a campaign", openapi_extra=ONCE)
def create(request: HttpRequest, payload: NewCampaignIn) -> Any:
    """Nothing moves before people have approved what it works out. The same key gives the same campaign."""
    key = payload.idempotency_key or request.headers.get("Idempotency-Key") or None
    if key is not None and len(key) > 80:
        raise Invalid("An idempotency key has at most 80 characters.", fields={"idempotency_key": "too long"})
    new = NewCampaign.model_validate(payload.model_dump() | {"idempotency_key": key})
    campaign = campaigns.create(new, by=actor(request))
    return Status(201, _out(find(campaign.pk), 0))


@router.get("/{campaign_id}", response={200: CampaignDetail, **REFUSALS}, summary="One campaign with its iterations")
def detail(request: HttpRequest, campaign_id: int) -> Any:
    require(actor(request), "view_machine")
    return _detail(campaign_id)


@router.get(
    "/{campaign_id}/evaluations", response={200: Listed[EvaluationOut], **REFUSALS}, summary="Evaluations, in order"
)
def evaluations(request: HttpRequest, campaign_id: int, page: Query[Cut], after: int = 0) -> Any:
    """At full precision. `after` leaves out those up to that number, to follow a campaign by asking again."""
    require(actor(request), "view_machine")
    campaign = find(campaign_id)
    rows = Evaluation.objects.filter(execution__iteration__campaign=campaign, number__gt=after)
    total, items = cut(
        rows.select_related("execution__iteration").order_by("execution__iteration__number", "number"), page
    )
    return {"total": total, "items": items}


@router.post("/{campaign_id}/pause", response={200: CampaignOut, **REFUSALS}, summary="Pause", openapi_extra=ONCE)
def pause(request: HttpRequest, campaign_id: int) -> Any:
    """After the present evaluation."""
    return _steered(request, campaign_id, lambda campaign, by: campaigns.pause(campaign, by=by))


@router.post("/{campaign_id}/resume", response={200: CampaignOut, **REFUSALS}, summary="Resume", openapi_extra=ONCE)
def resume(request: HttpRequest, campaign_id: int) -> Any:
    return _steered(request, campaign_id, lambda campaign, by: campaigns.resume(campaign, by=by))


@router.post("/{campaign_id}/finish", response={200: CampaignOut, **REFUSALS}, summary="Finish", openapi_extra=ONCE)
def finish(request: HttpRequest, campaign_id: int) -> Any:
    """No more evaluations; it ends as approved."""
    return _steered(request, campaign_id, lambda campaign, by: campaigns.finish(campaign, by=by))


@router.post("/{campaign_id}/stop", response={200: CampaignOut, **REFUSALS}, summary="Stop", openapi_extra=ONCE)
def stop(request: HttpRequest, campaign_id: int, payload: StopIn | None = None) -> Any:
    """Interrupts it and restores."""
    reason = payload.reason if payload else ""
    return _steered(request, campaign_id, lambda campaign, by: campaigns.stop(campaign, by=by, reason=reason))


def _steered(request: HttpRequest, campaign_id: int, steer: Callable[[Campaign, Actor], object]) -> Any:
    steer(find(campaign_id), actor(request))
    return _out(find(campaign_id), _count(campaign_id))


def _count(campaign_id: int) -> int:
    return Evaluation.objects.filter(execution__iteration__campaign=campaign_id).count()


def _out(campaign: Campaign, evaluations: int) -> dict[str, Any]:
    return {
        "id": campaign.pk,
        "environment": campaign.environment.slug,
        "sentence": campaign.sentence,
        "objective": campaign.objective.name,
        "direction": campaign.objective.direction,
        "state": campaign.state,
        "final": campaign.final,
        "message": campaign.message,
        "requested_by": campaign.requested_by.get_username(),
        "token": campaign.token.name if campaign.token else None,
        "iterations_max": campaign.iterations_max,
        "evaluations": evaluations,
        "created_at": campaign.created_at,
        "ended_at": campaign.ended_at,
    }


def _detail(campaign_id: int) -> dict[str, Any]:
    campaign = find(campaign_id)
    return _out(campaign, _count(campaign_id)) | {
        "end": campaign.end,
        "after_crash": campaign.after_crash,
        "after_module_failure": campaign.after_module_failure,
        "pinned": plain(campaign.pinned),
        "iterations": list(campaign.iterations.prefetch_related("stages__runs").order_by("number")),
    }
