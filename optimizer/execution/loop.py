"""The loop of one attempt: ask, evaluate, tell, until the approved number or time is used up."""

import time
from dataclasses import dataclass

from controls.connectors.base import Interrupted
from controls.failpoints import Failpoint, reach
from controls.gate.codes import Code
from controls.leases.grant import Grant
from optimizer.execution import notes, rows
from optimizer.execution.endings import Ended, Ending
from optimizer.execution.evaluating import Evaluator
from optimizer.execution.flags import Flags
from optimizer.execution.guarding import Guards, aborted
from optimizer.execution.pausing import pause
from optimizer.execution.plan import Plan
from optimizer.execution.points import Points
from optimizer.execution.rows import Outcome, State
from optimizer.execution.stepping_back import StepBack
from optimizer.generators.base import GeneratorFailed, Row
from optimizer.models import Evaluation
from optimizer.words import plural
from xoptweb.config import config

FAILURES_IN_A_ROW = 3
WATCHDOG_PATIENCE_S = 30.0
ENDING_CODES = {
    Code.NOT_ARMED, Code.PERMIT_DENIED, Code.PERMIT_UNKNOWN, Code.NO_ANSWER, Code.UNREACHABLE, Code.READBACK_UNKNOWN,
}  # fmt: skip


@dataclass
class Loop:
    plan: Plan
    grant: Grant
    flags: Flags
    guards: Guards
    points: Points
    evaluator: Evaluator
    made: int = 0
    failures: int = 0
    note: str = ""

    def run(self) -> Code:
        """Make evaluations. Returns which of the approved budgets is used up.

        Raises:
            Ended: it ends otherwise: finished early, aborted by a guard, failed.
            Parked: a pause became long.
            Interrupted: a stop came, or the lease is lost or ending.
            DatabaseGone: the database did not take changes while the lease lasted.
        """
        try:
            self._replay()
            while (budget := self._used_up()) is None:
                self._checkpoint()
                self._one()
            self.guards.mind_aborting()  # in the last one
        except GeneratorFailed as error:
            raise Ended(Ending.FAILED, str(error), "generator_failed") from error
        return budget

    def in_words(self, budget: Code) -> str:
        """Why no more evaluations are made."""
        if budget == Code.BUDGET_EVALUATIONS:
            return "All evaluations were made."
        wanted = plural(self.plan.envelope.evaluations, "evaluation")
        return f"The approved time is used up ({self.made} of {wanted})."

    def _replay(self) -> None:
        recorded = rows.recorded(self.plan)
        self.points.prepare(recorded, self._interrupt)
        self.made = self.plan.execution.evaluations.exclude(source=Evaluation.Source.CONFIRMATION).count()
        if recorded:
            notes.tell(self.plan, f"Replayed {len(recorded)} recorded evaluations into the generator.")

    def _used_up(self) -> Code | None:
        if self.made >= self.plan.envelope.evaluations:
            return Code.BUDGET_EVALUATIONS
        return Code.BUDGET_TIME if self.plan.seconds_left <= self._reserve_s() else None

    def _reserve_s(self) -> float:
        """Time below which none is begun. To stay at the best result it has to be confirmed: one more and the
        confirmations have to fit in, each as long as the ones before on average.
        """
        if self.plan.configuration.end != "best" or not self.made:
            return 0.0
        return (1 + self.plan.confirmations) * self.plan.execution.seconds_used / self.made

    def _one(self) -> None:
        began = time.monotonic()
        inputs, source = self.points.next(self._interrupt)
        self._tell_note()
        _, outcome = self.evaluator.evaluate(inputs, source, note=self.note)
        self.made += 1
        self.points.tell(Row(inputs, outcome.outputs, outcome.state == State.COMPLETED), self._interrupt)
        self.plan.execution.seconds_used += time.monotonic() - began
        reach(Failpoint.TOLD)
        self._judge(outcome)

    def _tell_note(self) -> None:
        """Say when the generator begins, or ceases, to do something else than its name promises."""
        if self.points.note == self.note:
            return
        self.note, generator = self.points.note, self.plan.configuration.generator
        notes.tell(self.plan, f"{generator}: {self.note}." if self.note else f"{generator} suggests as usual again.")

    def _judge(self, outcome: Outcome) -> None:
        """What an evaluation that did not complete means for the execution."""
        if outcome.state == State.COMPLETED:
            self.failures = 0
            return
        if outcome.code in {Code.STOPPED, Code.LEASE_LOST, Code.LEASE_ENDING, Code.DATABASE_UNAVAILABLE}:
            raise Interrupted(outcome.detail)
        if outcome.code == Code.FOREIGN_WRITE:
            self._ask_about_foreign_write(outcome)
            return
        if outcome.code in ENDING_CODES:
            raise Ended(Ending.FAILED, f"Ended: {outcome.detail}.", outcome.code)
        if outcome.code == "guard":
            return  # what follows is decided by the guards as they are then
        self.failures += 1
        if self.failures >= FAILURES_IN_A_ROW:
            detail = f"{FAILURES_IN_A_ROW} evaluations in a row failed, the last one: {outcome.detail}."
            raise Ended(Ending.FAILED, detail, outcome.code)

    def _ask_about_foreign_write(self, outcome: Outcome) -> None:
        reason = f"Paused: {outcome.detail}. Resume to go on from there, or stop."
        pause(self.plan, self.grant, self.flags, self.guards, reason, code=Code.FOREIGN_WRITE)
        self.adopt_present()

    def adopt_present(self) -> None:
        """A person resumed after somebody else's write: the present setpoints count as ours from here on."""
        for line in self.grant.writer.lines.values():
            reading = self.evaluator.connector.read(line.channel.address, config().put_timeout_s, self._interrupt)
            line.found(float(reading.value))

    # -- between evaluations

    def _checkpoint(self) -> None:
        if self._interrupt():
            raise Interrupted("stopped between evaluations")
        if self.flags.pause:
            who = self.flags.steered_by
            said = f"Paused by {who}." if who else "It had paused before it was interrupted, and waits for a resume."
            pause(self.plan, self.grant, self.flags, self.guards, said)
        if self.flags.finish:
            raise Ended(Ending.FINISHED, f"Finished early by {self.flags.steered_by}.")
        self._mind_guards()
        self._await_watchdog()

    def _mind_guards(self) -> None:
        while (fault := self.guards.violated()) is not None:
            rule, detail = fault
            if rule.action == "abort":
                raise aborted(detail)
            reason = f"Paused by {detail}.{self._step_back.offer()}"
            pause(self.plan, self.grant, self.flags, self.guards, reason, code="guard")
            if self.flags.finish:
                raise Ended(Ending.FINISHED, f"Finished early by {self.flags.steered_by}.")
            self.step_back()

    def step_back(self) -> None:
        """A person resumed: leave a setting at which a guard does not hold, or no resume could ever go on."""
        if broken := self._step_back.go():
            self._judge(self.evaluator.broken(broken))

    @property
    def _step_back(self) -> StepBack:
        return StepBack(self.plan, self.grant, self.guards)

    def _await_watchdog(self) -> None:
        """Nothing moves while nobody could bring it back; a watchdog that is restarted costs a moment."""
        standing, told = self.grant.standing, False
        deadline = time.monotonic() + WATCHDOG_PATIENCE_S
        while standing.watchdog_silence_s() > config().heartbeat_max_age_s * 0.8:
            if time.monotonic() > deadline:
                raise Ended(Ending.FAILED, "The watchdog shows no life; nothing may move.", Code.WATCHDOG_SILENT)
            if not told:
                notes.tell(self.plan, "Waiting for the watchdog, which shows no life.")
                told = True
            if standing.changed.wait(0.05) and self._interrupt():
                raise Interrupted("stopped while waiting for the watchdog")
        if told:
            notes.tell(self.plan, "The watchdog is back; it goes on.")

    def _interrupt(self) -> bool:
        return self.grant.standing.interrupts_moves()
