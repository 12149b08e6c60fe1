"""One process carrying an execution, from the approval to where the machine comes to rest."""

import logging
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from types import FrameType

from controls.connectors.base import Connector, ConnectorError, Interrupted
from controls.connectors.registry import open_connector
from controls.gate.durable import DATABASE_AWAY, DatabaseGone, be_impatient, durably, eventually
from controls.leases.end import release
from controls.leases.grant import Grant, Want, acquire
from controls.models import Lease, Restore
from controls.restore.inprocess import bring_back
from controls.restore.record import in_words
from optimizer.execution import adopting, conclude, rows
from optimizer.execution.endings import Ended, Ending, Lost, Parked
from optimizer.execution.evaluating import Evaluator
from optimizer.execution.finishing import come_to_rest
from optimizer.execution.flags import Flags
from optimizer.execution.guarding import Guards
from optimizer.execution.loop import Loop
from optimizer.execution.measuring import Measuring
from optimizer.execution.plan import Plan
from optimizer.execution.points import Points
from optimizer.execution.starting import begin, check_start, refuse, require_start
from optimizer.execution.states import announce
from optimizer.execution.worker import LEAVE
from optimizer.models import Campaign, Execution
from optimizer.setpoints import require_same_channels
from xoptweb.errors import Problem
from xoptweb.states import move
from xoptweb.work.process import identity

log = logging.getLogger(__name__)

CONNECT_S = 5.0
Final = Campaign.Final
State = Execution.State


def carry_out(execution_id: int) -> None:
    """Run one attempt of a queued execution to its end. Does nothing when it is not queued (any more)."""
    plan = begin(execution_id)
    if plan is None:
        return
    be_impatient()
    try:
        connector = open_connector(plan.machine)
        connector.connect(plan.addresses, CONNECT_S)
        grant, flags = take_lease(plan, connector)
    except (Problem, ConnectorError) as error:
        refuse(plan, error)
        return
    with shutdown_stops(grant, flags), _closing(grant):
        _Attempt(plan, connector, grant, flags).run()
    connector.close()


def take_lease(plan: Plan, connector: Connector) -> tuple[Grant, Flags]:
    """A new lease, or the one that was parked through a long pause."""
    flags = Flags(plan.execution.pk)
    parked = adopting.parked_lease(plan)
    if parked is not None:
        grant = adopting.adopt(plan, parked, connector, listener=flags.read, stop_file=plan.stop_file)
    else:
        check_start(plan, connector)
        want = Want(
            machine=plan.machine,
            channels=tuple(plan.channels.values()),
            holder=f"optimizer.execution:{plan.execution.pk}",
            label=f"before iteration {plan.iteration.number} of campaign {plan.campaign.pk}",
            correlation=f"campaign:{plan.campaign.pk}",
            bounds=plan.bounds,
            stops=plan.machine.stops,
        )
        grant = acquire(want, connector, listener=flags.read, stop_file=plan.stop_file)
        _require_approved(plan, grant)
    flags.standing = grant.standing
    return grant, flags


def _require_approved(plan: Plan, grant: Grant) -> None:
    """What was approved, now that nobody else can change it: else the lease is given back, for nothing has moved."""
    lines = grant.writer.lines
    try:
        require_same_channels(plan.machine, plan.envelope)
        require_start(plan, {name: lines[channel.pk].start for name, channel in plan.channels.items()})
    except BaseException:
        release(grant.lease)
        grant.close()
        raise


@contextmanager
def shutdown_stops(grant: Grant, flags: Flags) -> Iterator[None]:
    """Being asked to end restores the machine and leaves the rest to the next start."""

    def stop(_signal: int, _frame: FrameType | None) -> None:
        flags.shutdown = True
        grant.standing.stop("xoptweb is shutting down")

    previous = {number: signal.signal(number, stop) for number in (signal.SIGTERM, LEAVE)}
    try:
        yield
    finally:
        for number, handler in previous.items():
            signal.signal(number, handler)


@contextmanager
def _closing(grant: Grant) -> Iterator[None]:
    try:
        yield
    finally:
        grant.close()


class _Attempt:
    """The parts of one attempt and the ways in which it ends."""

    def __init__(self, plan: Plan, connector: Connector, grant: Grant, flags: Flags) -> None:
        self.plan, self.grant, self.flags = plan, grant, flags
        self.guards = Guards(plan.configuration, connector)
        self.measuring = Measuring(plan.configuration, connector)
        self.points = Points(plan.configuration)
        self.evaluator = Evaluator(
            plan, grant, connector, self.measuring, self.guards,
            attempt=plan.execution.attempts.count(), number=rows.next_number(plan),
        )  # fmt: skip

    def run(self) -> None:
        try:
            self._run()
        finally:
            self.points.close()
            self.measuring.close()
            self.guards.close()

    def _run(self) -> None:
        loop = Loop(self.plan, self.grant, self.flags, self.guards, self.points, self.evaluator)
        try:
            self._started()
            self.flags.read()  # known now: what reads them beside us may come after the first put
            if not self.flags.pause:
                self._take_up(loop)
            budget = loop.run()
            self._rest(Ending.COMPLETED, loop.in_words(budget), budget)
        except Ended as ended:
            self._end(ended)
        except Lost:
            release(self.grant.lease)
        except Parked:
            conclude.end_attempt(self.plan.execution, "parked", "The pause became long.")
        except (Interrupted, DatabaseGone, *DATABASE_AWAY) as cause:
            self._interrupted(cause)
        except Exception as error:
            log.exception("execution %s failed", self.plan.execution.pk)
            self._restore(Ending.FAILED, f"Failed: {type(error).__name__}: {error}", "internal_error")

    def _take_up(self, loop: Loop) -> None:
        """What a person's resume, or wish to finish, means where the last attempt had paused by itself."""
        if self.plan.execution.code == "foreign_write":
            loop.adopt_present()
        if self.plan.execution.code == "guard" and not self.flags.finish:
            loop.step_back()

    def _started(self) -> None:
        durably(self._hold_lease, "an attempt holds its lease", self.grant.standing)

    def _hold_lease(self) -> None:
        """Put the lease on record, before the first put. Raises Lost when this attempt was taken for dead meanwhile."""
        execution = self.plan.execution
        mine = execution.attempts.filter(ended_at=None, process=identity())
        if not mine.update(lease=self.grant.lease):
            raise Lost
        Execution.objects.filter(pk=execution.pk).update(lease=self.grant.lease)
        rows.abandon_open(self.plan)
        if self.plan.campaign.start_snapshot_id is None:
            Campaign.objects.filter(pk=self.plan.campaign.pk).update(start_snapshot=self.grant.lease.snapshot)
        announce(self.plan.campaign, Campaign.State.EXECUTING, "Executing.", final=Final.UNKNOWN)

    # -- endings

    def _end(self, ended: Ended) -> None:
        if ended.ending == Ending.FINISHED:
            self._rest(ended.ending, ended.message, ended.code)
        else:
            self._restore(ended.ending, ended.message, ended.code)

    def _rest(self, ending: Execution.Ending, message: str, code: str = "") -> None:
        """Apply the approved end policy."""
        try:
            final = self._come_to_rest(ending, message, code)
        except (Interrupted, DatabaseGone, *DATABASE_AWAY) as cause:
            self._interrupted(cause)
        else:
            if final is None:
                self._restore(ending, message, code)

    def _come_to_rest(self, ending: Execution.Ending, message: str, code: str) -> Campaign.Final | None:
        """Where the machine stays, with everything ended; None where it has to be restored."""
        standing = self.grant.standing
        durably(lambda: move(self.plan.execution, State.FINISHING), "the last part begins", standing)
        final = come_to_rest(self.plan, self.evaluator)
        if final is None:
            return None
        self.grant.writer.record.flush()

        def change() -> None:
            if release(self.grant.lease):
                conclude.end(self.plan.execution, ending, final, f"{message} {final.label.capitalize()}.", code)

        durably(change, "the channels are free when the execution has ended, and not before", standing)
        return final

    def _interrupted(self, cause: Exception) -> None:
        standing = self.grant.standing
        if standing.lost:
            log.warning("execution %s lost its lease: %s", self.plan.execution.pk, standing.lost)
            return
        if self.flags.shutdown:
            self._restore("", "Interrupted: xoptweb is shutting down.", "shutdown")
        elif standing.stopped:
            self._restore(Ending.STOPPED, stop_in_words(standing.stopped))
        else:
            self._restore("", f"Interrupted: {cause}.", "interrupted")

    def _restore(self, ending: str, message: str, code: str = "") -> None:
        """Bring the machine back; `ending` is empty where the campaign's policy decides whether it goes on."""
        if not self.grant.still_held():
            log.warning("execution %s has lost its lease: %s", self.plan.execution.pk, message)
            return
        _say_restoring(self.plan, ending, message)
        lease, restore = bring_back(self.grant, by="execution", reason=message)
        if restore is None:
            log.warning("execution %s lost its lease while restoring", self.plan.execution.pk)
            return
        if restore.state != Restore.State.DONE:
            return  # the watchdog goes on, and tells the execution's holder how it ended
        said = partial(conclude_restored, self.plan, lease, restore, ending, message, code)
        eventually(said, "where the machine is back, its execution ends or goes on", self.grant.standing)


def stop_in_words(reason: str) -> str:
    """A sentence: `reason` often is one already."""
    words = reason.strip().removesuffix(".")
    if words.lower() in ("", "stop"):
        return "Stopped."
    if words.lower().startswith(("stop ", "stopped ")):
        return f"{words[0].upper()}{words[1:]}."
    return f"Stopped: {words}."


def _say_restoring(plan: Plan, ending: str, message: str) -> None:
    """The way back never waits for this: without the database it is said afterwards."""
    try:
        conclude.restoring(plan.execution, ending, message)
    except Exception:
        log.exception("execution %s restores and could not say so", plan.execution.pk)


def conclude_restored(plan: Plan, lease: Lease, restore: Restore, ending: str, message: str, code: str) -> None:
    """Everything is back where it was."""
    words = f"{message} {in_words(restore)}"
    final = Final.RESTORED if restore.items.filter(outcome="restored").exists() else Final.NOT_MOVED
    execution = plan.execution
    if ending:
        conclude.end(execution, Ending(ending), final, words, code)
        return
    move(execution, State.INTERRUPTED, message=words[:400])
    conclude.end_attempt(execution, code, words)
    if lease.state == Lease.State.RELEASED:
        execution.refresh_from_db()
        conclude.go_on_or_end(execution)
