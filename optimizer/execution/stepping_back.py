"""Going back to where the guards last held, when a person resumes and they still do not hold."""

import math
import time
from dataclasses import dataclass

from controls.connectors.base import Interrupted
from controls.gate.codes import Refusal, Result
from controls.leases.grant import Grant
from controls.models import Write
from optimizer.execution import notes
from optimizer.execution.guarding import Guards
from optimizer.execution.plan import Plan
from optimizer.models import Evaluation

HOLD_S = 5.0  # how long a guard may take to hold again: a shot, a valve, a screen that drives in
WAKE_S = 0.05


@dataclass(frozen=True)
class Place:
    """Setpoints at which every guard held, and their name for a person. `inputs` are by variable."""

    inputs: dict[str, float]
    words: str


@dataclass
class StepBack:
    """A person's resume is the consent to go there; it moves within what was approved, through the gate, as always."""

    plan: Plan
    grant: Grant
    guards: Guards

    def place(self) -> Place:
        """The last completed evaluation, else where the execution began."""
        completed = self.plan.execution.evaluations.filter(state=Evaluation.State.COMPLETED)
        last = completed.order_by("-number").values_list("number", "inputs").first()
        if last is None:
            lines = self.grant.writer.lines
            start = {name: lines[channel.pk].start for name, channel in self.plan.channels.items()}
            return Place(start, "where it began")
        number, inputs = last
        return Place({name: float(value) for name, value in inputs.items()}, f"evaluation {number}")

    def offer(self) -> str:
        """What *Resume* will do, for the message of a pause; empty when the machine is there already."""
        place = self.place()
        return "" if self._there(place) else f" Resume goes back to {place.words} first, where the guards held."

    def go(self) -> list[Result]:
        """Bring the machine to `place` and give the guards time to hold. Returns what was not confirmed.

        Raises:
            Interrupted: a stop came, or the lease is ending.
            DatabaseGone: an intent could not be made durable.
        """
        place = self.place()
        if self.guards.violated() is None or self._there(place):
            return []
        try:
            results = self.grant.writer.move(self.plan.targets(place.inputs), purpose=Write.Purpose.BACK)
        except Refusal as refusal:
            return [Result("", Write.Outcome.REFUSED, refusal.code, refusal.detail)]
        self.grant.writer.record.flush()  # no evaluation follows that would carry the outcomes
        broken = [result for result in results.values() if not result.confirmed]
        if not broken:
            self._wait()
            held = self.guards.violated() is None
            now = "the guards hold again" if held else "a guard still does not hold"
            notes.tell(self.plan, f"Went back to {place.words}; {now}.")
        return broken

    def _there(self, place: Place) -> bool:
        lines = self.grant.writer.lines
        return all(
            math.isclose(lines[pk].expected, value, abs_tol=lines[pk].tolerance)
            for pk, value in self.plan.targets(place.inputs).items()
        )

    def _wait(self) -> None:
        standing = self.grant.standing
        deadline = time.monotonic() + HOLD_S
        while self.guards.violated() is not None and time.monotonic() < deadline:
            standing.changed.wait(WAKE_S)
            if standing.interrupts_moves():
                raise Interrupted("stopped while waiting for a guard")
