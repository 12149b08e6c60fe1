"""Conditions as pages show them: what must hold, whether it does, and the value it was judged by."""

from dataclasses import dataclass

from controls.conditions import State, evaluate
from controls.models import Channel
from controls.monitor.values import Latest
from controls.presentation import Value, value_of
from xoptweb.web.values import number, units, visible

SIGNS = {">": ">", ">=": "≥", "<": "<", "<=": "≤", "==": "=", "!=": "≠"}
MANNERS = {State.HOLDS: "good", State.VIOLATED: "bad", State.UNKNOWN: "warn"}


@dataclass(frozen=True)
class Condition:
    """`text` is the whole of it, such as “beam charge > 80 pC”; the page judges anew as values come."""

    name: str
    text: str
    address: str
    operator: str
    limit: float
    manner: str
    title: str
    value: Value


def condition(name: str, channel: Channel, operator: str, limit: float, latest: Latest | None) -> Condition:
    """`name`d condition on `channel`, judged by its latest value."""
    verdict = evaluate(operator, limit, latest)
    text = f"{visible(name)} {SIGNS[operator]} {number(limit)} {units(channel.units)}".rstrip()
    reason = f": {verdict.reason}" if verdict.reason else ""
    return Condition(
        name=name,
        text=text,
        address=channel.address,
        operator=operator,
        limit=limit,
        manner=MANNERS[verdict.state],
        title=f"{text} ({verdict.state}{reason})",
        value=value_of(channel, latest),
    )
