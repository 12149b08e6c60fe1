"""From killing the process that writes to the first put of the way back, by the IOC's own log."""

import os
import signal
from pathlib import Path

import psutil

from bench.campaigns import Campaigns
from bench.figures import Figure, milliseconds, quantile
from bench.ioc import VARIABLES
from bench.judging import way_back
from bench.machine import PREFIX, Machine, moment
from bench.rivals.process import Rival, rival
from bench.world import World, now, world
from tests.processes import wait_until

REPETITIONS, RIVAL_REPETITIONS = 15, 5
GOING = 60
AT_MOST_MS = 1000.0
AGAINST = "parent of the bare loop"


def measure(directory: Path) -> list[Figure]:
    with world(directory) as here, rival("caput", port=here.machine.port) as hand:
        ours = [_death(here, Campaigns(here)) for _ in range(REPETITIONS)]
        theirs = [_rival_death(here.machine, hand) for _ in range(RIVAL_REPETITIONS)]
    return [
        Figure("death", "worker killed → restore begins, longest", max(ours), "ms", AT_MOST_MS, max(theirs), AGAINST),
        Figure("death", "worker killed → restore begins, median", quantile(ours, 0.5), "ms", None,
               quantile(theirs, 0.5), AGAINST),
    ]  # fmt: skip


def _death(here: World, campaigns: Campaigns) -> float:
    mark = len(here.machine.puts())
    campaign = campaigns.begin()
    campaigns.puts_from(mark, GOING)
    moment(0.0, 0.1)
    killed = campaigns.kill_writer(campaign)
    campaigns.at_rest(campaign)
    return milliseconds(way_back(campaign, here.machine.puts()[mark:], killed).first - killed)


def _rival_death(machine: Machine, hand: Rival) -> float:
    hand.do(" ".join(f"{PREFIX}B:{name} 0" for name in VARIABLES))
    mark = len(machine.puts())
    with rival("guarded", f"{PREFIX}B:", port=machine.port) as parent:
        parent.begin("10000")
        wait_until(lambda: len(machine.puts()) >= mark + GOING, 60, what="a bare loop under way")
        moment(0.0, 0.1)
        (child,) = psutil.Process(parent.process.pid).children()
        killed = now()
        os.kill(child.pid, signal.SIGKILL)
        parent.process.wait(30)
    back = [put.at for put in machine.puts()[mark:] if put.value == 0 and put.at > killed]
    return milliseconds(back[0] - killed) if back else float("inf")
