"""From the click on STOP to the last put, and to the first put of the way back, by the IOC's own log."""

import signal
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from bench.browser import Browser
from bench.campaigns import Campaigns
from bench.figures import Figure, milliseconds, quantile
from bench.ioc import VARIABLES
from bench.judging import way_back
from bench.machine import PREFIX, Machine, moment
from bench.rivals.process import Rival, rival
from bench.world import PASSWORD, World, now, world
from tests.processes import wait_until

REPETITIONS, RIVAL_REPETITIONS = 20, 5
NO_FURTHER_PUT_MS, RESTORE_BEGINS_MS = 100.0, 300.0
GOING = 60  # puts after which an execution counts as under way
POINTS = 150  # measured before expected improvement is asked, so that it computes for long
SUGGESTION = {
    "generator": "expected_improvement", "evaluations": POINTS + 50,
    "initial": {"method": "latin_hypercube", "count": POINTS},
}  # fmt: skip
THINKS_S = 0.15  # after this long without a put it computes
SLOW_S = 2.0  # what the slow supply takes for a put
WAITS_S = (0.2, 0.6)  # from making the machine slow, or deaf, to the click
DEAF_S = 0.8  # from the click until a frozen machine hears again
AGAINST = "Ctrl-C in the bare loop"


@dataclass(frozen=True)
class Stop:
    """Milliseconds after the click; a last put before the click counts as none after it."""

    last_put: float
    first_back: float
    recorded: float = 0.0
    heard: float = 0.0  # when a frozen machine could hear again


def measure(directory: Path) -> list[Figure]:
    with world(directory) as here, rival("caput", port=here.machine.port) as hand:
        desk, scripts = Desk(here, hand), Scripts(here.machine, hand)
        return [
            *_figures("while evaluating", desk.stops(desk.evaluating), scripts.stops(scripts.evaluating)),
            *_figures("while a suggestion is computed", desk.stops(desk.computing, **SUGGESTION),
                      scripts.stops(scripts.computing, "expected_improvement")),
            *_figures("while a put waits", desk.stops(desk.waiting), scripts.stops(scripts.waiting)),
            *_frozen(desk.stops(desk.frozen)),
        ]  # fmt: skip


def slow(hand: Rival, letter: str, seconds: float) -> None:
    """From now on puts to this set of records take so long."""
    hand.do(" ".join(f"{PREFIX}{letter}:{name}:SUPPLY.ODLY {seconds}" for name in VARIABLES))


def thinking(machine: Machine, mark: int) -> None:
    """Wait until all points are measured that come before the suggestion, and it is being computed."""
    wait_until(lambda: len(machine.puts()) >= mark + POINTS * len(VARIABLES), 60, what="the first points")
    wait_until(lambda: now() - machine.puts()[-1].at > THINKS_S, 60, what="a long suggestion")


class Desk:
    """A person in front of a page with its STOP button. Each situation clicks, and gives the moment of the click."""

    def __init__(self, here: World, hand: Rival) -> None:
        self.machine, self.hand = here.machine, hand
        self.campaigns = Campaigns(here)
        self.browser = Browser(here.address, "olga", PASSWORD)
        self.heard = 0.0

    def stops(self, situation: Callable[[int], float], **pinned: Any) -> list[Stop]:
        return [self._stop(situation, pinned) for _ in range(REPETITIONS)]

    def click(self) -> float:
        at = now()
        answer = self.browser.post("/stop/", accept="application/json")
        if answer.status != 200:
            raise RuntimeError(f"STOP was answered with {answer.status}")
        return at

    def evaluating(self, mark: int) -> float:
        self.campaigns.puts_from(mark, GOING)
        moment(0.0, 0.1)
        return self.click()

    def computing(self, mark: int) -> float:
        thinking(self.machine, mark)
        return self.click()

    def waiting(self, mark: int) -> float:
        self.campaigns.puts_from(mark, GOING)
        slow(self.hand, "A", SLOW_S)
        moment(*WAITS_S)
        at = self.click()
        slow(self.hand, "A", 0.0)
        return at

    def frozen(self, mark: int) -> float:
        self.campaigns.puts_from(mark, GOING)
        self.machine.freeze()
        moment(*WAITS_S)
        at = self.click()
        time.sleep(DEAF_S)
        self.heard = now()
        self.machine.thaw()
        return at

    def _stop(self, situation: Callable[[int], float], pinned: dict[str, Any]) -> Stop:
        mark = len(self.machine.puts())
        campaign = self.campaigns.begin(**pinned)
        clicked = situation(mark)
        self.campaigns.at_rest(campaign)
        puts = [put for put in self.machine.puts()[mark:] if put.name.removeprefix("A:") in VARIABLES]
        back = way_back(campaign, puts, clicked)
        after = partial(_after, clicked)
        return Stop(after(back.last_other), after(back.first), after(back.recorded), after(self.heard))


class Scripts:
    """The same situations for a bare loop in a terminal, whose author thought of Ctrl-C."""

    def __init__(self, machine: Machine, hand: Rival) -> None:
        self.machine, self.hand = machine, hand

    def stops(self, situation: Callable[[Rival, int], float], generator: str = "random") -> list[Stop]:
        return [self._stop(situation, generator) for _ in range(RIVAL_REPETITIONS)]

    def interrupt(self, bare: Rival) -> float:
        at = now()
        bare.process.send_signal(signal.SIGINT)
        return at

    def evaluating(self, bare: Rival, mark: int) -> float:
        bare.begin("10000")
        self._going(mark)
        moment(0.0, 0.1)
        return self.interrupt(bare)

    def computing(self, bare: Rival, mark: int) -> float:
        bare.do(f"{POINTS} random")
        bare.begin("50")
        thinking(self.machine, mark)
        return self.interrupt(bare)

    def waiting(self, bare: Rival, mark: int) -> float:
        bare.begin("10000")
        self._going(mark)
        slow(self.hand, "B", SLOW_S)
        moment(*WAITS_S)
        at = self.interrupt(bare)
        slow(self.hand, "B", 0.0)
        return at

    @staticmethod
    def _ended(bare: Rival) -> None:
        """Python can lose a Ctrl-C inside of a callback whose exceptions it ignores: press again, as a person would."""
        for _ in range(10):
            try:
                bare.process.wait(6)
            except subprocess.TimeoutExpired:
                bare.process.send_signal(signal.SIGINT)
            else:
                return
        raise RuntimeError("the bare loop does not end")

    def _going(self, mark: int) -> None:
        wait_until(lambda: len(self.machine.puts()) >= mark + GOING, 60, what="a bare loop under way")

    def _stop(self, situation: Callable[[Rival, int], float], generator: str) -> Stop:
        self.hand.do(" ".join(f"{PREFIX}B:{name} 0" for name in VARIABLES))
        mark = len(self.machine.puts())
        with rival("loop", f"{PREFIX}B:", generator, port=self.machine.port) as bare:
            at = situation(bare, mark)
            self._ended(bare)
        puts = [put for put in self.machine.puts()[mark:] if put.name.removeprefix("B:") in VARIABLES]
        others = [put.at for put in puts if put.value != 0]
        first = next((put.at for put in puts if put.value == 0), float("inf"))
        return Stop(_after(at, max(others)), _after(at, first))


def _after(click: float, at: float) -> float:
    return max(0.0, milliseconds(at - click))


def _figures(when: str, ours: list[Stop], theirs: list[Stop]) -> list[Figure]:
    def p95(stops: list[Stop], name: str) -> float:
        return quantile([getattr(stop, name) for stop in stops], 0.95)

    return [
        Figure("stop", f"STOP {when} → last further put, p95", p95(ours, "last_put"), "ms", NO_FURTHER_PUT_MS,
               p95(theirs, "last_put"), AGAINST),
        Figure("stop", f"STOP {when} → restore begins, p95", p95(ours, "first_back"), "ms", RESTORE_BEGINS_MS,
               p95(theirs, "first_back"), AGAINST),
    ]  # fmt: skip


def _frozen(stops: list[Stop]) -> list[Figure]:
    """A frozen machine hears no put: the way back begins with its record, and its first put when it hears again."""
    recorded = [stop.recorded for stop in stops]
    heard = [max(0.0, stop.first_back - stop.heard) for stop in stops]
    when = "while a put waits for a frozen IOC"
    return [
        Figure("stop", f"STOP {when} → restore is on record, p95", quantile(recorded, 0.95), "ms", RESTORE_BEGINS_MS),
        Figure("stop", f"{when} and is thawed → first put back, p95", quantile(heard, 0.95), "ms", RESTORE_BEGINS_MS),
    ]
