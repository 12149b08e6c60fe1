"""Environments over the API: what they are, and who has a say in their stages."""

from typing import Any, Literal

from django.http import HttpRequest
from ninja import Query, Router, Schema
from pydantic import Field

from optimizer.models import Environment, Stage
from optimizer.sentence import meaning
from optimizer.services import switching
from optimizer.views.environments import find
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.web.api import ONCE, REFUSALS, Cut, Listed, cut

router = Router(tags=["environments"])


class EnvironmentOut(Schema):
    environment: str = Field(examples=["screen-focus"])
    name: str
    machine: str = Field(examples=["demo-linac"])
    description: str
    goals: list[str] = Field(examples=[["minimise beam size"]])
    stages: dict[str, str] = Field(
        description="Stage → module that has its say after the rules; stages that are not named have the rules alone.",
        examples=[{"state": "xoptweb/state-identification"}],
    )
    after_module_failure: str = Field(description="What new campaigns do, “rules” or “stop”.", examples=["rules"])


class StageIn(Schema):
    stage: Literal["state", "decision", "configuration", "analysis"]
    module: str = Field("", max_length=120, description="namespace/name; empty: the rules alone.")


class PolicyIn(Schema):
    after_module_failure: Literal["rules", "stop"]


@router.get("", response={200: Listed[EnvironmentOut], **REFUSALS}, summary="Environments")
def listed(request: HttpRequest, page: Query[Cut]) -> Any:
    require(actor(request), "view_machine")
    every = Environment.objects.select_related("machine").prefetch_related("objectives", "stage_modules")
    total, rows = cut(every.order_by("name", "id"), page)
    return {"total": total, "items": [_out(row) for row in rows]}


@router.get("/{slug}", response={200: EnvironmentOut, **REFUSALS}, summary="One environment")
def detail(request: HttpRequest, slug: str) -> Any:
    require(actor(request), "view_machine")
    return _out(find(slug))


@router.post(
    "/{slug}/stages",
    response={200: EnvironmentOut, **REFUSALS},
    summary="Give a stage to a module, or back to the rules",
    openapi_extra=ONCE,
)
def switch(request: HttpRequest, slug: str, payload: StageIn) -> Any:
    """Stages that begin from now on follow it."""
    switching.switch(find(slug), Stage(payload.stage), payload.module, by=actor(request))
    return _out(find(slug))


@router.post(
    "/{slug}/policy",
    response={200: EnvironmentOut, **REFUSALS},
    summary="What new campaigns do when a module fails",
    openapi_extra=ONCE,
)
def policy(request: HttpRequest, slug: str, payload: PolicyIn) -> Any:
    switching.set_policy(find(slug), payload.after_module_failure, by=actor(request))
    return _out(find(slug))


def _out(environment: Environment) -> dict[str, Any]:
    return {
        "environment": environment.slug,
        "name": environment.name,
        "machine": environment.machine.slug,
        "description": environment.description,
        "goals": [meaning(one) for one in environment.objectives.all()],
        "stages": switching.modules_of(environment),
        "after_module_failure": environment.after_module_failure,
    }
