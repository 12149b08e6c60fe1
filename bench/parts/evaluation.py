"""Overhead of one evaluation against a bare loop of the same generator, at the first and at the last of 10 000."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from bench.campaigns import Campaigns
from bench.figures import Figure, median, milliseconds, quantile
from bench.ioc import VARIABLES
from bench.load import busy
from bench.machine import PREFIX
from bench.rivals.process import Rival, rival
from bench.world import World, world

if TYPE_CHECKING:
    from optimizer.models import Campaign

EVALUATIONS = 10_000
BLOCK = 100  # evaluations of one side before it is the other's turn
BLOCKS = 5
SPARE = 3 * BLOCK  # at the end, for what is made while a pause is on its way
AGAINST = "bare Xopt loop with pyepics"
MEDIAN_MS, P99_MS = 5.0, 15.0
PATIENCE_S = 1200.0


def measure(directory: Path) -> list[Figure]:
    with (
        world(directory, XOPTWEB_PAUSE_RELEASE_S="3600") as here,
        rival("loop", f"{PREFIX}B:", port=here.machine.port) as bare,
    ):
        race = Race(here, bare)
        with busy(here, race.campaign.pk, race.campaign.iterations.get().pk):
            race.run()
        return [*race.figures("first", race.early), *race.figures("last", race.late)]


@dataclass
class Span:
    """Indices of a block's first and last put in the IOC's log."""

    begin: int
    end: int


class Race:
    """Both make 10 000 evaluations on equal records of one IOC, by turns; the IOC's log of puts is the clock."""

    def __init__(self, here: World, bare: Rival) -> None:
        self.here, self.bare = here, bare
        self.campaigns = Campaigns(here)
        self.early: dict[str, list[Span]] = {"A": [], "B": []}
        self.late: dict[str, list[Span]] = {"A": [], "B": []}
        self.campaign: Campaign = self.campaigns.begin(evaluations=EVALUATIONS, end="leave")
        self._pause()

    def run(self) -> None:
        self._by_turns(self.early)
        between = EVALUATIONS - self._made() - BLOCK * BLOCKS - SPARE
        self._ours(between)
        self.bare.do(str(between))
        self._by_turns(self.late)
        self._resume()
        self.campaigns.at_rest(self.campaign)

    def figures(self, when: str, spans: dict[str, list[Span]]) -> list[Figure]:
        ours, theirs = self._cycles("A", spans["A"]), self._cycles("B", spans["B"])
        where = f"{when} {BLOCK * BLOCKS} of {EVALUATIONS}"
        return [
            Figure("evaluation", f"one evaluation, median, {where}", median(ours), "ms", None, median(theirs), AGAINST),
            _more("median", where, ours, theirs, 0.5, MEDIAN_MS),
            Figure("evaluation", f"one evaluation, p99, {where}", quantile(ours, 0.99), "ms", None,
                   quantile(theirs, 0.99), AGAINST),
            _more("p99", where, ours, theirs, 0.99, P99_MS),
        ]  # fmt: skip

    def _by_turns(self, spans: dict[str, list[Span]]) -> None:
        for _ in range(BLOCKS):
            spans["A"].append(self._ours(BLOCK))
            begin = len(self.here.machine.puts())
            self.bare.do(str(BLOCK))
            spans["B"].append(Span(begin, len(self.here.machine.puts())))

    def _ours(self, count: int) -> Span:
        """Let the campaign go on for about so many evaluations, and pause it."""
        begin = len(self.here.machine.puts())
        with self.bare.held():
            self._resume()
            self.campaigns.puts_from(begin, count * len(VARIABLES), PATIENCE_S)
            end = len(self.here.machine.puts())
            self._pause()
        return Span(begin, end)

    def _made(self) -> int:
        return sum(put.name == "A:V1" for put in self.here.machine.puts())

    def _resume(self) -> None:
        from optimizer.services.campaigns import resume

        resume(self.campaign, by=self.here.actor("olga"))

    def _pause(self) -> None:
        from optimizer.models import Campaign
        from optimizer.services.campaigns import pause

        if self.campaign.state != Campaign.State.PAUSED:
            self.campaigns.until(self.campaign, Campaign.State.EXECUTING)
        pause(self.campaign, by=self.here.actor("olga"))
        self.campaigns.until(self.campaign, Campaign.State.PAUSED)

    def _cycles(self, letter: str, spans: Sequence[Span]) -> list[float]:
        """Milliseconds from the first put of one evaluation to that of the next, inside the blocks."""
        cycles: list[float] = []
        puts = self.here.machine.puts()
        for span in spans:
            at = [put.at for put in puts[span.begin : span.end] if put.name == f"{letter}:{VARIABLES[0]}"]
            cycles += [milliseconds(later - earlier) for earlier, later in pairwise(at)]
        return cycles


def _more(what: str, where: str, ours: list[float], theirs: list[float], fraction: float, target: float) -> Figure:
    more = quantile(ours, fraction) - quantile(theirs, fraction)
    return Figure("evaluation", f"overhead of one evaluation, {what}, {where}", more, "ms more", target)
