"""One evaluation: durable row → gate → settle → guards → measure → durable row."""

import time
from dataclasses import dataclass

from controls.connectors.base import Connector, ConnectorError, Interrupted
from controls.failpoints import Failpoint, reach
from controls.gate.codes import Refusal, Result
from controls.gate.durable import durably
from controls.leases.grant import Grant
from controls.models import Write
from optimizer.execution import notes, rows
from optimizer.execution.guarding import Guards
from optimizer.execution.measuring import Measuring, NotMeasured
from optimizer.execution.plan import Plan
from optimizer.execution.rows import Outcome
from optimizer.models import Evaluation

State = Evaluation.State
Source = Evaluation.Source
GUARD = "guard"


@dataclass
class Evaluator:
    """Sets, measures and records; decides nothing about what an outcome means for the execution."""

    plan: Plan
    grant: Grant
    connector: Connector
    measuring: Measuring
    guards: Guards
    attempt: int
    number: int

    def evaluate(
        self, inputs: dict[str, float], source: Evaluation.Source, *, note: str = ""
    ) -> tuple[Evaluation, Outcome]:
        """Bring the machine to `inputs` and measure there; both are durable when this returns. `note` says what is
        unusual about where `inputs` come from.

        Raises:
            Interrupted: a stop came, or the lease is ending.
            DatabaseGone: something could not be made durable.
        """
        began = time.monotonic()
        row = Evaluation(
            execution=self.plan.execution, attempt=self.attempt, number=self.number, source=source, inputs=inputs,
            detail=note[:300],
        )  # fmt: skip
        self.number += 1
        outcome = self._set(row) or self._measure()
        outcome.note = note
        self._complete(row, outcome, time.monotonic() - began)
        reach(Failpoint.COMPLETED)
        return row, outcome

    def _set(self, row: Evaluation) -> Outcome | None:
        """None when every channel is confirmed to be there."""
        purpose = Write.Purpose.FINISH if row.source == Source.CONFIRMATION else Write.Purpose.EVALUATE
        try:
            results = self.grant.writer.move(
                self.plan.targets(row.inputs),
                purpose=purpose,
                evaluation=row.number,
                alongside=lambda: rows.begin(self.plan, row),
                held_up=self._held_up,
            )
        except Refusal as refusal:
            durably(lambda: rows.begin(self.plan, row), "a refused evaluation is recorded", self.grant.standing)
            return Outcome(State.REFUSED, {}, {}, refusal.code, refusal.detail)
        broken = [result for result in results.values() if not result.confirmed]
        return self.broken(broken) if broken else None

    def _held_up(self) -> Result | None:
        """A guard that no longer holds on the way ends it there; what follows is decided between evaluations."""
        fault = self.guards.violated()
        if fault is None:
            return None
        return Result("", Write.Outcome.FAILED, GUARD, f"ended on the way there: {fault[1]}")

    @staticmethod
    def broken(broken: list[Result]) -> Outcome:
        """What results that are not `confirmed` make of an evaluation."""
        refused = all(result.outcome == Write.Outcome.REFUSED for result in broken)
        first = broken[0]
        return Outcome(State.REFUSED if refused else State.FAILED, {}, {}, first.code, first.detail)

    def _measure(self) -> Outcome:
        reach(Failpoint.MEASURING)
        interrupt = self.grant.standing.interrupts_moves
        if interrupt():
            raise Interrupted("stopped before measuring")
        self.guards.forget()
        if (fault := self.guards.violated()) is not None:
            return Outcome(State.FAILED, {}, {}, GUARD, f"not measured: {fault[1]}")
        try:
            outputs, errors = self.measuring.measure(self._setpoint_time, interrupt)
        except NotMeasured as error:
            return Outcome(State.FAILED, {}, {}, error.code, error.detail)
        if (fault := self.guards.violated(meanwhile=True)) is not None:
            return Outcome(State.FAILED, outputs, errors, GUARD, f"measured while {fault[1]}")
        return Outcome(State.COMPLETED, outputs, errors)

    def _setpoint_time(self) -> float:
        """The IOC's own time of the newest setpoint; UNIX seconds."""
        addresses = [channel.address for channel in self.plan.channels.values()]
        try:
            readings = self.connector.read_all(addresses, 1.0, self.grant.standing.interrupts_moves)
        except ConnectorError as error:
            raise NotMeasured("unreachable", error.message) from error
        return max((reading.ioc_time for reading in readings), default=0.0)

    def _complete(self, row: Evaluation, outcome: Outcome, seconds: float) -> None:
        record = self.grant.writer.record

        def change() -> None:
            record.flush_inside()
            rows.complete(self.plan, row, outcome, seconds)

        durably(change, "an evaluation is durable before the next write", self.grant.standing)
        record.flushed()
        notes.database_was_away(self.plan, self.grant.standing)
