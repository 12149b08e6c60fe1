"""Bringing the channels of one lease back: reverse order, one at a time, at max step and settle time."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from controls.connectors.base import ConnectorError, Interrupted
from controls.gate.codes import Code, Outcome, Refusal, Result
from controls.gate.line import Line
from controls.gate.ramp import same
from controls.gate.writer import Writer
from controls.models import RestoreItem

Item = RestoreItem.Outcome
LOST = {Code.LEASE_LOST, Code.LEASE_ENDING}
BLOCKING = {Code.NOT_ARMED, Code.PERMIT_DENIED, Code.PERMIT_UNKNOWN, Code.DATABASE_UNAVAILABLE}
PASSING = {Code.STEP_TOO_LARGE, Code.NOT_TOWARDS_RECORD}  # the channel moved between the step and its put


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


def consent(writer: Writer, found: Mapping[int, float | None]) -> None:
    """A person wants these channels back although somebody else moved them, from the values at which they were found.

    One that has moved again since is left and named again. None: it was not moved by anybody else.
    """
    for pk, value in found.items():
        line = writer.lines[pk]
        line.touched = line.touched or 0
        if value is not None:
            line.accept(value)


def restore_all(writer: Writer, *, told: Callable[[int, ItemReport], None] | None = None) -> Report:
    """One pass over all channels; those that were never moved are left alone, and one that fails holds up no other."""
    report = Report({pk: ItemReport(Item.WAITING) for pk in writer.lines})
    for pk in _order(writer):
        line = writer.lines[pk]
        try:
            item = _restore(writer, line)
        except Refusal as refusal:
            if refusal.code in LOST | BLOCKING:
                report.lost = refusal.code in LOST
                report.blocked, report.blocked_code = refusal.detail, refusal.code
                return report
            item = ItemReport(Item.WAITING if refusal.code in PASSING else Item.FAILED, detail=refusal.detail)
        except Interrupted:
            report.lost = True
            return report
        report.items[pk] = item
        if told is not None:
            told(pk, item)
    return report


def _order(writer: Writer) -> list[int]:
    """Latest first write first, but after the others where a put is unanswered: it may be under way, and the next one
    would wait for it. Untouched channels last."""
    touched = sorted(
        (pk for pk, line in writer.lines.items() if line.touched is not None),
        key=lambda pk: (bool(writer.lines[pk].unresolved), -(writer.lines[pk].touched or 0)),
    )
    return touched + [pk for pk, line in writer.lines.items() if line.touched is None]


def _restore(writer: Writer, line: Line) -> ItemReport:
    if line.touched is None:
        return ItemReport(Item.UNTOUCHED)
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
