"""Bringing the channels of one lease back: reverse order, one at a time, at max step and settle time."""

from collections.abc import Callable
from dataclasses import dataclass, field

from controls.connectors.base import ConnectorError, Interrupted
from controls.gate.codes import Code, Outcome, Refusal, Result
from controls.gate.line import Line
from controls.gate.ramp import same
from controls.gate.writer import Writer
from controls.models import RestoreItem

Item = RestoreItem.Outcome
BLOCKING = {Code.NOT_ARMED, Code.PERMIT_DENIED, Code.PERMIT_UNKNOWN, Code.DATABASE_UNAVAILABLE}


@dataclass(frozen=True)
class ItemReport:
    outcome: RestoreItem.Outcome
    found: float | None = None
    detail: str = ""


@dataclass
class Report:
    """What became of each channel, by its primary key. `blocked` says why nothing may be put at all just now."""

    items: dict[int, ItemReport] = field(default_factory=dict)
    blocked: str = ""
    blocked_code: str = ""
    lost: bool = False

    def having(self, *outcomes: RestoreItem.Outcome) -> list[int]:
        return [pk for pk, item in self.items.items() if item.outcome in outcomes]

    @property
    def done(self) -> bool:
        return not self.blocked and not self.lost and len(self.having(Item.RESTORED, Item.UNTOUCHED)) == len(self.items)

    @property
    def worth_retrying(self) -> bool:
        return not self.lost and (bool(self.blocked) or bool(self.having(Item.UNREACHABLE, Item.WAITING)))


def restore_all(
    writer: Writer, *, force: frozenset[int] = frozenset(), told: Callable[[int, ItemReport], None] | None = None
) -> Report:
    """One pass over all channels; those that were never moved are left alone.

    Channels in `force` are brought back although somebody else moved them: a person confirmed it.
    """
    report = Report({pk: ItemReport(Item.WAITING) for pk in writer.lines})
    for pk in _order(writer):
        line = writer.lines[pk]
        try:
            item = _restore(writer, line, forced=pk in force)
        except Refusal as refusal:
            if refusal.code in {Code.LEASE_LOST, Code.LEASE_ENDING}:
                report.lost = True
            report.blocked, report.blocked_code = refusal.detail, refusal.code
            return report
        except Interrupted:
            report.lost = True
            return report
        report.items[pk] = item
        if told is not None:
            told(pk, item)
    return report


def _order(writer: Writer) -> list[int]:
    """Latest first write first; untouched channels last."""
    touched = sorted(
        (pk for pk, line in writer.lines.items() if line.touched is not None),
        key=lambda pk: writer.lines[pk].touched or 0,
        reverse=True,
    )
    return touched + [pk for pk, line in writer.lines.items() if line.touched is None]


def _restore(writer: Writer, line: Line, *, forced: bool) -> ItemReport:
    if line.touched is None and not forced:
        return ItemReport(Item.UNTOUCHED)
    if forced:
        try:
            _adopt(writer, line)
        except ConnectorError as error:
            return ItemReport(Item.UNREACHABLE, detail=error.message)
    last: Result | None = None
    while last is None or not _arrived(line, last):
        try:
            last = writer.restore_step(line.channel.pk)
        except ConnectorError as error:
            return ItemReport(Item.UNREACHABLE, detail=error.message)
        if (item := _stuck(last)) is not None:
            return item
    if last.outcome == Outcome.MISMATCH:
        return ItemReport(Item.FAILED, line.expected, f"the setpoint is back, but {last.detail}")
    return ItemReport(Item.RESTORED, line.expected)


def _arrived(line: Line, last: Result) -> bool:
    return not line.unresolved and same(line.expected, line.start, line.span)


def _stuck(result: Result) -> ItemReport | None:
    """What a step that did not get through means for its channel; None when the way goes on."""
    if result.outcome in {Outcome.CONFIRMED, Outcome.MISMATCH}:
        return None
    if result.outcome == Outcome.CONFLICT:
        return ItemReport(Item.FOREIGN, result.value, result.detail)
    if result.outcome == Outcome.REFUSED:
        raise Refusal(Code(result.code), result.detail)
    if result.code in {Code.UNREACHABLE, Code.NO_ANSWER, Code.READBACK_UNKNOWN}:
        return ItemReport(Item.UNREACHABLE, detail=result.detail)
    return ItemReport(Item.FAILED, detail=result.detail)


def _adopt(writer: Writer, line: Line) -> None:
    """Take the present value of a channel that somebody else moved as the one to come back from."""
    reading = writer.connector.read(line.channel.address, 5.0, writer.standing.interrupts_restores)
    line.found(float(reading.value))
    line.touched = line.touched or 0
