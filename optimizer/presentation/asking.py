"""What people see before they let an execution move a machine: the approved content beside the machine as it is now."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from controls.guarding import Condition, condition
from controls.models import Channel, Machine
from controls.monitor.values import Latest, latest
from controls.presentation import RangeBar, Value, range_bar, value_of
from optimizer.configuration import Configuration
from optimizer.generators import catalogue
from optimizer.models import Campaign
from optimizer.presentation.setpoints import Setpoint, setpoints
from optimizer.words import measured
from xoptweb.errors import Invalid
from xoptweb.web.values import duration, number, units

SIGNS = {"+": "add", "-": "del"}
READY = "ready"


@dataclass(frozen=True)
class Line:
    """One line of the difference; `manner` is add, del or nothing."""

    sign: str
    manner: str
    text: str


@dataclass(frozen=True)
class Asked:
    """Ready-made parts of the page. `moved` names variables that are no longer where they were shown."""

    setpoints: list[Setpoint]
    moved: list[str]
    criteria: list[Condition]
    ready: bool
    facts: list[tuple[str, str]]
    difference: list[Line]
    difference_title: str
    reasoning: list[dict[str, Any]]
    by_model: bool


def asked(content: Mapping[str, Any], machine: Machine) -> Asked:
    """One query for the machine's channels; the values come from the monitor."""
    configuration = Configuration.model_validate(content["configuration"])
    channels = {channel.address: channel for channel in machine.channels.all()}
    present = latest(machine)
    rows = setpoints(configuration, channels, present)
    reasoning = [dict(one) for one in content.get("reasoning", [])]
    criteria = [_criterion(one, channels, present) for one in content.get("state", {}).get("criteria", [])]
    return Asked(
        setpoints=rows,
        moved=[row.name for row in rows if _moved(configuration, row)],
        criteria=criteria,
        ready=all(one.manner == "good" for one in criteria),
        facts=_facts(configuration, content),
        difference=[Line(sign, SIGNS.get(sign, ""), text) for sign, text in content.get("difference", [])],
        difference_title=_difference_title(content),
        reasoning=reasoning,
        by_model=any("module" in one for one in reasoning),
    )


def _difference_title(content: Mapping[str, Any]) -> str:
    label = content.get("difference_from", "")
    return f"Difference from {label}" if label else "Configuration"


def _moved(configuration: Configuration, row: Setpoint) -> bool:
    variable = configuration.variables[row.name]
    now = row.value.number
    if now is None:
        return False
    return abs(now - variable.start) > max(variable.tolerance, 1e-9 * (variable.high - variable.low))


def _criterion(one: Mapping[str, Any], channels: Mapping[str, Channel], present: Mapping[str, Latest]) -> Condition:
    address = str(one["address"])
    channel = channels.get(address) or Channel(address=address, units=str(one.get("units", "")))
    return condition(str(one["name"]), channel, str(one["operator"]), float(one["bound"]), present.get(address))


def _facts(configuration: Configuration, content: Mapping[str, Any]) -> list[tuple[str, str]]:
    base, goal = configuration.baseline, configuration.objective
    return [
        ("evaluations", str(configuration.evaluations)),
        ("time, about", duration(content.get("estimated_s"))),
        ("at most", duration(configuration.seconds)),
        ("baseline", measured(base.value, base.error, units(goal.units)) if base else "not measured"),
        ("generator", generator_title(configuration.generator)),
        ("at the end", str(content.get("end_words", configuration.end))),
        ("after a crash", crash_words(content)),
    ]


def crash_words(content: Mapping[str, Any]) -> str:
    """What happens after a crash, as it was shown."""
    policy = content.get("campaign", {}).get("after_crash", "")
    return str(Campaign.AfterCrash(policy).label) if policy in Campaign.AfterCrash.values else str(policy)


@dataclass(frozen=True)
class Returning:
    """A channel that goes back; `bar` shows its way as the band."""

    name: str
    value: Value
    then: str
    step: str
    bar: RangeBar | None


def returning(content: Mapping[str, Any], machine: Machine) -> list[Returning]:
    """The channels of a restore beside the machine as it is now; one query."""
    channels = {channel.address: channel for channel in machine.channels.all()}
    present = latest(machine)
    return [_returning(one, channels, present) for one in content["channels"]]


def _returning(one: Mapping[str, Any], channels: Mapping[str, Channel], present: Mapping[str, Latest]) -> Returning:
    address, precision = str(one["address"]), int(one["precision"])
    channel = channels.get(address) or Channel(address=address, units=str(one["units"]), precision=precision)
    value, then = value_of(channel, present.get(address)), float(one["then"])
    now = float(one["now"]) if value.number is None else value.number
    band = (min(now, then), max(now, then))
    bar = range_bar(one["limit_low"], one["limit_high"], now=value, band=band, best=then, precision=precision)
    return Returning(str(one["name"]), value, number(then, precision), number(one["max_step"]), bar)


def generator_title(name: str) -> str:
    """Its title in the catalogue; a name that the catalogue no longer has is its own title."""
    try:
        return catalogue.entry(name).title
    except Invalid:
        return name
