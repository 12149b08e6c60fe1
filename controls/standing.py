"""How a machine stands now: armed or not and for how long, whether its processes live, what permits it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.urls import reverse
from django.utils import timezone

from controls.models import Heartbeat, Machine
from xoptweb.config import config


@dataclass(frozen=True)
class Sign:
    """Of one process: `manner` is good when it beat lately, bad when it is silent."""

    role: str
    manner: str
    words: str


@dataclass(frozen=True)
class Standing:
    """`until` is when it disarms itself unless it is used; `obstacles` say why nothing can be written."""

    machine: Machine
    manner: str
    words: str
    until: datetime | None
    signs: list[Sign]
    obstacles: list[str]
    url: str


def standing(machine: Machine, beats: list[Heartbeat] | None = None) -> Standing:
    """One query for the heartbeats unless they are given. `machine.armed_by` should be at hand."""
    if beats is None:
        beats = list(Heartbeat.objects.filter(machine=machine))
    signs = [_sign(Heartbeat.Role(role), beats) for role in Heartbeat.Role.values]
    silent = [sign.role for sign in signs if sign.manner == "bad"]
    obstacles = [f"The {role} is silent." for role in silent]
    if not machine.armed:
        return Standing(machine, "", "disarmed", None, signs, ["It is disarmed.", *obstacles], _url(machine))
    until = (machine.active_at or machine.armed_at or timezone.now()) + timedelta(seconds=config().disarm_after_s)
    manner = "bad" if "watchdog" in silent else "warn" if silent else "good"
    words = f"armed · {silent[0]} silent" if silent else "armed"
    return Standing(machine, manner, words, None if silent else until, signs, obstacles, _url(machine))


def _url(machine: Machine) -> str:
    return reverse("machine", args=[machine.slug])


def _sign(role: Heartbeat.Role, beats: list[Heartbeat]) -> Sign:
    beat = next((one for one in beats if one.role == role), None)
    if beat is None:
        return Sign(role, "bad", "never heard of")
    age = (timezone.now() - beat.at).total_seconds()
    if age > config().heartbeat_max_age_s:
        return Sign(role, "bad", f"silent since {beat.at:%Y-%m-%d %H:%M:%S} UTC")
    return Sign(role, "good", "alive")
