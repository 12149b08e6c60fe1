"""Machines and channels over the API."""

from datetime import datetime
from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema
from pydantic import Field

from controls.models import Channel, Machine
from controls.monitor import values
from controls.monitor.values import Latest
from controls.presentation import as_number
from controls.services import stopping
from controls.services.stopping import StopReport
from controls.standing import standing
from xoptweb.accounts.permissions import require
from xoptweb.accounts.requests import actor
from xoptweb.errors import NotFound
from xoptweb.web.api import ONCE, REFUSALS

router = Router(tags=["machines"])


class MachineOut(Schema):
    slug: str = Field(examples=["demo-linac"])
    name: str = Field(examples=["Demo linac"])
    armed: bool = Field(description="Whether approved executions may write.")
    armed_until: datetime | None = Field(description="When it disarms itself unless it is used.")
    obstacles: list[str] = Field(description="Why nothing could be written now.", examples=[["It is disarmed."]])


class ValueOut(Schema):
    value: float | str | None = Field(description="Null where nothing, or nothing finite, is known.", examples=[10.0])
    text: str = Field(description="As pages show it.", examples=["10.000"])
    ioc_time: float | None = Field(description="The server's own time of the value, UNIX seconds.")
    severity: int = Field(description="0 none, 1 minor, 2 major, 3 invalid.", examples=[0])
    stale: bool = Field(description="Says nothing about now: the channel or the monitor does not answer.")


class ChannelOut(Schema):
    machine: str = Field(examples=["demo-linac"])
    name: str = Field(examples=["Q1"])
    address: str = Field(examples=["LI01:QUAD:01:K1"])
    description: str
    units: str
    writable: bool
    low: float | None = Field(description="Nothing below is ever put.")
    high: float | None = Field(description="Nothing above is ever put.")
    max_step: float | None
    present: ValueOut


class StopIn(Schema):
    reason: str = Field("STOP by the API", max_length=200)


class StopOut(Schema):
    message: str = Field(examples=["STOP on Demo linac: nothing was moving."])
    stopped: list[str]


@router.get("/machines", response={200: list[MachineOut], **REFUSALS}, summary="All machines")
def machines(request: HttpRequest) -> Any:
    require(actor(request), "view_machine")
    return [_machine(machine) for machine in Machine.objects.select_related("armed_by")]


@router.post(
    "/machines/{slug}/stop", response={200: StopOut, **REFUSALS}, summary="STOP on one machine", openapi_extra=ONCE
)
def stop_machine(request: HttpRequest, slug: str, payload: StopIn | None = None) -> Any:
    """Interrupts what moves and has it go back. Never held back, however often it is sent."""
    return _stopped(stopping.stop_machine(_find(slug), by=actor(request), reason=_reason(payload)))


@router.post("/stop", response={200: StopOut, **REFUSALS}, summary="STOP on all machines", openapi_extra=ONCE)
def stop_everything(request: HttpRequest, payload: StopIn | None = None) -> Any:
    """Interrupts what moves on every machine and has it go back."""
    return _stopped(stopping.stop_everything(by=actor(request), reason=_reason(payload)))


@router.get("/channels", response={200: list[ChannelOut], **REFUSALS}, summary="All channels with their latest values")
def channels(request: HttpRequest, machine: str = "") -> Any:
    """`machine` narrows them to one."""
    require(actor(request), "view_machine")
    rows = Machine.objects.prefetch_related("channels")
    found = [_find(machine)] if machine else list(rows)
    return [_channel(channel, one, values.latest(one)) for one in found for channel in one.channels.all()]


@router.get("/channels/{machine}/{name}", response={200: ChannelOut, **REFUSALS}, summary="One channel")
def channel(request: HttpRequest, machine: str, name: str, fresh: bool = False) -> Any:
    """`fresh=true` reads it from the control system now, and fails with 503 where that does not answer."""
    require(actor(request), "view_machine")
    found = _find(machine)
    one = next((channel for channel in found.channels.all() if channel.name == name), None)
    if one is None:
        raise NotFound(f"There is no channel {name} on {found.name}.")
    latest = values.read_now(found, [one.address]) if fresh else values.latest(found)
    return _channel(one, found, latest)


def _reason(payload: StopIn | None) -> str:
    return payload.reason if payload else "STOP by the API"


def _find(slug: str) -> Machine:
    found = Machine.objects.prefetch_related("channels").filter(slug=slug).first()
    if found is None:
        raise NotFound("There is no such machine.")
    return found


def _machine(machine: Machine) -> dict[str, Any]:
    now = standing(machine)
    return {
        "slug": machine.slug,
        "name": machine.name,
        "armed": machine.armed,
        "armed_until": now.until,
        "obstacles": now.obstacles,
    }


def _channel(channel: Channel, machine: Machine, latest: dict[str, Latest]) -> dict[str, Any]:
    fields = ("name", "address", "description", "units", "writable", "low", "high", "max_step")
    present = _value(latest.get(channel.address, Latest()))
    return {name: getattr(channel, name) for name in fields} | {"machine": machine.slug, "present": present}


def _value(latest: Latest) -> dict[str, Any]:
    value = latest.value if isinstance(latest.value, str) else as_number(latest.value)
    return {
        "value": value,
        "text": latest.text,
        "ioc_time": latest.ioc_time,
        "severity": latest.severity,
        "stale": latest.stale,
    }


def _stopped(report: StopReport) -> dict[str, Any]:
    return {"message": report.message, "stopped": report.stopped}
