"""Where the variables stand: limits, envelope, start, best and now on one bar each."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from controls.models import Channel, SnapshotValue
from controls.monitor.values import Latest
from controls.presentation import RangeBar, Value, as_number, range_bar, value_of
from optimizer.configuration import Configuration, VariableRange
from optimizer.models import Evaluation
from xoptweb.web.values import number, units


@dataclass(frozen=True)
class Setpoint:
    """One variable; `start` and `best` are what the dialogs show beside now."""

    name: str
    address: str
    units: str
    low: str
    high: str
    limits: str
    step: str
    start: str
    best: str
    value: Value
    bar: RangeBar | None
    note: str


@dataclass(frozen=True)
class Before:
    """A channel with its present and its recorded value."""

    name: str
    value: Value
    then: str
    step: str
    away: bool


def before(values: Iterable[SnapshotValue], latest: Mapping[str, Latest]) -> list[Before]:
    """The recorded values of a snapshot beside the present ones; `channel` must be at hand."""
    return [
        Before(
            name=one.channel.name,
            value=value_of(one.channel, latest.get(one.channel.address)),
            then=number(one.value, one.channel.precision),
            step=number(one.channel.max_step),
            away=_away(one, latest.get(one.channel.address)),
        )
        for one in values
    ]


def _away(one: SnapshotValue, latest: Latest | None) -> bool:
    """Whether the channel stands elsewhere than recorded; where that is not known, it may."""
    present = as_number(latest.value) if latest is not None else None
    return present is None or abs(present - one.value) > 1e-9 * max(1.0, abs(one.value))


def setpoints(
    configuration: Configuration,
    channels: Mapping[str, Channel],
    latest: Mapping[str, Latest],
    best: Evaluation | None = None,
) -> list[Setpoint]:
    """`channels` by address; a channel that is gone since still shows its approved range."""
    inputs = best.inputs if best else {}
    return [
        _setpoint(name, variable, channels.get(variable.address), latest.get(variable.address), inputs.get(name))
        for name, variable in configuration.variables.items()
    ]


def _setpoint(
    name: str, variable: VariableRange, channel: Channel | None, latest: Latest | None, best: float | None
) -> Setpoint:
    shown = channel or Channel(address=variable.address, units=variable.units, precision=variable.precision)
    value = value_of(shown, latest)
    precision = variable.precision
    return Setpoint(
        name=name,
        address=variable.address,
        units=units(variable.units),
        low=number(variable.low, precision),
        high=number(variable.high, precision),
        limits=f"{number(variable.limit_low)} … {number(variable.limit_high)}",
        step=number(variable.max_step),
        start=number(variable.start, precision),
        best=number(best, precision),
        value=value,
        bar=range_bar(
            variable.limit_low,
            variable.limit_high,
            now=value,
            band=(variable.low, variable.high),
            start=variable.start,
            best=best,
            precision=precision,
        ),
        note=variable.note,
    )
