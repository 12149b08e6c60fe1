"""The bar on top of every page: each machine's arm switch, and the conditions that guard it."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from controls.guarding import Condition, condition
from controls.models import Heartbeat, Machine
from controls.monitor.values import latest
from controls.standing import standing
from optimizer.models import Guard

GUARDS_SHOWN = 4


@dataclass(frozen=True)
class Pill:
    """One machine. `until` is when it disarms itself; empty when it is not armed or something is wrong."""

    name: str
    slug: str
    url: str
    manner: str
    words: str
    until: datetime | None
    title: str
    guards: list[Condition]


def pills(machines: Sequence[Machine]) -> list[Pill]:
    """Two queries however many machines, whose `channels` must be prefetched."""
    guards: dict[int, list[Guard]] = defaultdict(list)
    for guard in Guard.objects.select_related("environment", "channel").order_by("id"):
        guards[guard.environment.machine_id].append(guard)
    beats: dict[int, list[Heartbeat]] = defaultdict(list)
    for beat in Heartbeat.objects.all():
        beats[beat.machine_id].append(beat)
    return [_pill(machine, guards[machine.pk], beats[machine.pk]) for machine in machines]


def _pill(machine: Machine, guards: Sequence[Guard], beats: list[Heartbeat]) -> Pill:
    now = standing(machine, beats)
    return Pill(
        name=machine.name,
        slug=machine.slug,
        url=now.url,
        manner=now.manner,
        words=now.words,
        until=now.until,
        title=" ".join(now.obstacles) or "Approved executions may write to it.",
        guards=_conditions(machine, guards),
    )


def _conditions(machine: Machine, guards: Sequence[Guard]) -> list[Condition]:
    """The guards of all its environments, each once."""
    present = latest(machine) if guards else {}
    seen: dict[tuple[str, str, float], Condition] = {}
    for guard in guards:
        known = (guard.channel.address, guard.operator, guard.value)
        if known not in seen:
            value = present.get(guard.channel.address)
            seen[known] = condition(guard.name, guard.channel, guard.operator, guard.value, value)
    return list(seen.values())[:GUARDS_SHOWN]
