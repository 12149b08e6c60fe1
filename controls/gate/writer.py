"""The write gate: the only code that writes to a machine."""

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from controls.connectors.base import (
    Connector,
    ConnectorError,
    Interrupt,
    Interrupted,
    Reading,
    Unconfirmed,
    Unreachable,
)
from controls.failpoints import Failpoint, reach
from controls.gate import checks, now, ramp
from controls.gate.codes import Code, Outcome, Refusal, Result
from controls.gate.durable import DatabaseGone, patiently
from controls.gate.intents import Alongside, Intent, Record
from controls.gate.line import Line
from controls.gate.readback import confirm
from controls.gate.standing import Standing
from controls.models import Lease, Machine, Write
from xoptweb.config import config

Purpose = Write.Purpose


@dataclass
class Writer:
    """One holder of one lease. Not shared between threads.

    `lines` is keyed by the channel's primary key. `states` are the lease's states in which this writer may write:
    a campaign's writer holds it, the watchdog restores it.
    """

    machine: Machine
    lease_id: int
    token: int
    lines: dict[int, Line]
    connector: Connector
    standing: Standing
    record: Record
    states: frozenset[str] = now.HELD
    sequence: int = 0
    from_memory: bool = False

    def move(
        self,
        targets: Mapping[int, Any],
        *,
        purpose: Write.Purpose = Purpose.EVALUATE,
        evaluation: int | None = None,
        alongside: Alongside | None = None,
        held_up: Callable[[], Result | None] | None = None,
    ) -> dict[int, Result]:
        """Bring channels to their targets, in steps where the way is long, and wait until the readbacks agree.

        `alongside` runs in the transaction that makes the first intents durable. `held_up` is asked between the steps
        of a long way, and ends it there by a result. Returns one result a channel; when one is not `confirmed` the
        remaining ones were not put any more.

        Raises:
            Refusal: a target is not allowed at all; nothing was put. Its code tells why.
            Interrupted: a stop came, or the lease is ending; a put that waited may have happened.
            DatabaseGone: an intent could not be made durable; nothing was put for it.
        """
        goals = self._goals(targets, purpose, evaluation)
        results: dict[int, Result] = {}
        while goals:
            batch = {pk: self._next(pk, goal) for pk, goal in goals.items()}
            results |= self._put_batch(batch, purpose, evaluation, alongside)
            alongside = None
            if not all(results[pk].confirmed for pk in batch):
                return results
            goals = {pk: goal for pk, goal in goals.items() if not self._there(pk, goal)}
            if goals and held_up is not None and (why := held_up()) is not None:
                return results | dict.fromkeys(goals, why)
        if alongside is not None:
            self.record.intend([], alongside)
        return results

    def restore_step(self, pk: int) -> Result:
        """One step of one channel on the way back to its recorded value. Guards, stops and limits do not hold it up.

        Raises:
            Refusal: the machine is disarmed, the permit is gone, or somebody else holds the lease.
            Interrupted: somebody else took the lease meanwhile.
            Unreachable: the channel does not answer; nothing was put.
        """
        line = self.lines[pk]
        present = self._present(line, restoring=True)
        if not line.ours_or_back(present):
            return self._foreign(line, present)
        line.found(present)
        value = ramp.next_step(present, line.start, line.max_step)
        intent = self._intent(line, value, Purpose.RESTORE, None)
        self.record.intend([intent])
        reach(Failpoint.RESTORE_STEP)
        result = self._put(line, intent, value, restoring=True)
        if result.outcome == Outcome.CONFIRMED:
            result = self._settle([line], {pk: value}, restoring=True)[pk]
        self.record.finish(intent, result)
        self.record.flush()
        return result

    # -- one batch of steps

    def _put_batch(
        self, batch: dict[int, float], purpose: Write.Purpose, evaluation: int | None, alongside: Alongside | None
    ) -> dict[int, Result]:
        reach(Failpoint.BEFORE_INTENT)
        if self.standing.interrupts_moves():
            raise Interrupted("stopped before a step")
        intents = {pk: self._intent(self.lines[pk], value, purpose, evaluation) for pk, value in batch.items()}
        self.record.intend(list(intents.values()), alongside)
        results: dict[int, Result] = {}
        try:
            self._put_each(batch, intents, results)
            sent = {pk: value for pk, value in batch.items() if results[pk].confirmed}
            if sent:
                results |= self._settle([self.lines[pk] for pk in sent], sent, restoring=False)
        except Interrupted:
            self._finish_interrupted(intents, results)
            raise
        for pk, intent in intents.items():
            self.record.finish(intent, results[pk])
        return results

    def _put_each(self, batch: dict[int, float], intents: dict[int, Intent], results: dict[int, Result]) -> None:
        """Put one after the other; after the first that is not confirmed, none of the rest."""
        broken: Result | None = None
        for pk, intent in intents.items():
            if broken is not None:
                results[pk] = self._not_put(pk, broken)
                continue
            reach(Failpoint.INTENT_PUT)
            results[pk] = self._put(self.lines[pk], intent, batch[pk], restoring=False)
            broken = None if results[pk].confirmed else results[pk]
        reach(Failpoint.PUT_OUTCOME)

    def _finish_interrupted(self, intents: dict[int, Intent], results: dict[int, Result]) -> None:
        """Note what is known of a batch that a stop cut short. The put that waited keeps no outcome: nobody knows."""
        for pk, intent in intents.items():
            name, value = self.lines[pk].channel.name, intent.value
            if (result := results.get(pk)) is not None and result.confirmed:
                detail = "the server took it; interrupted before the readback was compared"
                self.record.finish(intent, Result(name, Outcome.UNCONFIRMED, Code.STOPPED, detail, value))
            elif result is not None:
                self.record.finish(intent, result)
            elif value not in self.lines[pk].unresolved:
                self.record.finish(intent, Result(name, Outcome.REFUSED, Code.STOPPED, "interrupted before it", value))

    def _put(self, line: Line, intent: Intent, value: float, *, restoring: bool) -> Result:
        name = line.channel.name
        try:
            self._check_now(line, value, restoring=restoring)
            reach(Failpoint.CHECKED_PUT)
            if not self.from_memory:
                checks.in_time(self.standing, 0.0 if restoring else config().lease_margin_s)
        except Refusal as refusal:
            outcome = Outcome.CONFLICT if refusal.code == Code.FOREIGN_WRITE else Outcome.REFUSED
            return Result(name, outcome, refusal.code, refusal.detail, value)
        except Unreachable as error:
            return Result(name, Outcome.FAILED, Code.UNREACHABLE, error.message, value)
        line.put(value, order=intent.sequence)
        try:
            self.connector.write(line.channel.address, value, config().put_timeout_s, self._interrupt(restoring))
        except Unconfirmed as error:
            return Result(name, Outcome.UNCONFIRMED, Code.NO_ANSWER, error.message, value)
        except Unreachable as error:
            line.unresolved.remove(value)
            return Result(name, Outcome.FAILED, Code.UNREACHABLE, error.message, value)
        except ConnectorError as error:
            line.unresolved.remove(value)
            return Result(name, Outcome.FAILED, Code.PUT_REJECTED, error.message, value)
        line.confirmed(value)
        return Result(name, Outcome.CONFIRMED, value=value)

    def _check_now(self, line: Line, value: float, *, restoring: bool) -> None:
        """Everything that must hold at this moment for this put."""
        checks.writable(line)
        present = self._allowed_present(line, restoring=restoring)
        if not (line.ours_or_back(present) if restoring else line.ours(present)):
            raise Refusal(Code.FOREIGN_WRITE, self._foreign(line, present).detail)
        checks.step(line, value, present)
        if restoring:
            checks.towards(line, value, present)
        else:
            checks.step_inside(line, value)

    def _allowed_present(self, line: Line, *, restoring: bool) -> float:
        """Where the channel is, where nothing speaks against a put.

        The control system is asked first, which can take seconds: whoever disarms or stops meanwhile is heard. Where
        the database was away for a moment both are asked again, for somebody may have moved the channel meanwhile.
        """

        def ask() -> float:
            present = self._permitted_present(line, restoring=restoring)
            if self.from_memory:
                checks.not_seen_disarmed(self.standing, self.machine)
            else:
                self._check_state(restoring=restoring)
            return present

        try:
            return patiently(ask, self.standing)
        except (DatabaseGone, Lease.DoesNotExist) as error:
            raise Refusal(Code.DATABASE_UNAVAILABLE, f"the database does not answer: {error}") from error

    def _check_state(self, *, restoring: bool) -> None:
        """What the database says now of the lease, of the machine and of the watchdog."""
        state = now.read(self.lease_id)
        self.standing.heartbeat(state.beat)
        checks.held(state, self.token, self.states, self.standing)
        checks.armed(state, self.machine)
        if not restoring:
            checks.unstopped(state, self.standing)
            checks.watchdog_lives(self.standing, config().heartbeat_max_age_s)

    def _settle(self, lines: list[Line], values: Mapping[int, float], *, restoring: bool) -> dict[int, Result]:
        interrupt = self._interrupt(restoring)
        if not restoring:
            reach(Failpoint.OUTCOME_SETTLE)
        self._wait(max(line.channel.settle_s for line in lines), interrupt)
        if not restoring:
            reach(Failpoint.SETTLING)
        return confirm(lines, values, self.connector, interrupt)

    # -- small parts

    def _goals(self, targets: Mapping[int, Any], purpose: Write.Purpose, evaluation: int | None) -> dict[int, float]:
        goals: dict[int, float] = {}
        for pk, target in targets.items():
            line = self.lines.get(pk)
            if line is None:
                raise Refusal(Code.UNKNOWN_CHANNEL, f"channel {pk} is not part of this lease")
            try:
                checks.writable(line)
                goals[pk] = checks.number(line, target)
                checks.inside(line, goals[pk])
            except Refusal as refusal:
                self._record_refusal(line, target, purpose, evaluation, refusal)
                raise
        return goals

    def _record_refusal(
        self, line: Line, target: Any, purpose: Write.Purpose, evaluation: int | None, refusal: Refusal
    ) -> None:
        value = goal if isinstance(target, float | int) and (goal := float(target)) - goal == 0.0 else None
        intent = self._intent(line, value, purpose, evaluation)
        self.record.refuse(
            intent, Result(line.channel.name, Outcome.REFUSED, refusal.code, refusal.detail, intent.value)
        )

    def _next(self, pk: int, goal: float) -> float:
        return ramp.next_step(self.lines[pk].expected, goal, self.lines[pk].max_step)

    def _there(self, pk: int, goal: float) -> bool:
        return self.lines[pk].expected == goal

    def _intent(self, line: Line, value: float | None, purpose: Write.Purpose, evaluation: int | None) -> Intent:
        self.sequence += 1
        return Intent(line.channel.pk, self.sequence, line.expected, value, purpose, evaluation)

    def _foreign(self, line: Line, present: float) -> Result:
        name = line.channel.name
        detail = f"{name} is at {present!r}; we had last put {line.expected!r}: somebody else moved it"
        return Result(name, Outcome.CONFLICT, Code.FOREIGN_WRITE, detail, present)

    def _not_put(self, pk: int, because: Result) -> Result:
        detail = f"not put, because {because.channel} was {because.outcome}: {because.detail}"
        return Result(self.lines[pk].channel.name, Outcome.REFUSED, because.code, detail)

    def _present(self, line: Line, *, restoring: bool) -> float:
        reading = self.connector.read(line.channel.address, config().put_timeout_s, self._interrupt(restoring))
        return self._number(line, reading)

    def _permitted_present(self, line: Line, *, restoring: bool) -> float:
        """Where the channel is, if the facility's own permit, where one is named, allows a write. Both asked at once.

        Raises:
            Refusal: there is no permit, or it can't be read: no answer is no permit.
            Unreachable: the channel does not answer.
        """
        permit = self.machine.permit_channel
        if permit is None:
            return self._present(line, restoring=restoring)
        addresses = [permit.address, line.channel.address]
        try:
            allowed, reading = self.connector.read_all(addresses, config().put_timeout_s, self._interrupt(restoring))
        except ConnectorError as error:
            if error.address != permit.address:
                raise
            detail = f"the permit {permit.name} can't be read: {error.message}"
            raise Refusal(Code.PERMIT_UNKNOWN, detail) from error
        checks.permitted(self.machine, allowed)
        return self._number(line, reading)

    def _number(self, line: Line, reading: Reading) -> float:
        if isinstance(reading.value, str):
            raise Refusal(Code.NOT_A_NUMBER, f"{line.channel.name} reads the text {reading.value!r}")
        return float(reading.value)

    def _interrupt(self, restoring: bool) -> Interrupt:
        return self.standing.interrupts_restores if restoring else self.standing.interrupts_moves

    def _wait(self, seconds: float, interrupt: Interrupt) -> None:
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if interrupt():
                raise Interrupted("stopped while settling")
            time.sleep(min(left, 0.01))
