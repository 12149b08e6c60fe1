"""From writing an event in a worker to seeing it in 25 websocket clients."""

import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from bench.browser import Browser
from bench.figures import Figure, median, milliseconds, quantile
from bench.load import end_watchers, start_watchers
from bench.world import PASSWORD, World, world
from tests import processes

CLIENTS = 25
STREAM = "campaign:1"
AT_MOST_MS = 50.0
AGAINST = "bare relay, nothing stored"


@dataclass(frozen=True)
class Rate:
    a_second: int
    seconds: int

    @property
    def sightings(self) -> int:
        return self.a_second * self.seconds * CLIENTS


RATES = (Rate(1, 30), Rate(200, 10))


def measure(directory: Path) -> list[Figure]:
    with world(directory) as here:
        return [figure for rate in RATES for figure in _figures(rate, _ours(here, rate), _theirs(here, rate))]


def _ours(here: World, rate: Rate) -> list[float]:
    browser = Browser(here.address, "olga", PASSWORD)
    return _delays(here, here.address, browser.cookie, rate, [])


def _theirs(here: World, rate: Rate) -> list[float]:
    command = [sys.executable, "-m", "bench.rivals.broadcast", STREAM]
    with processes.running(command, stdout=subprocess.PIPE) as relay:
        if relay.stdout is None:
            raise RuntimeError("the relay has no output")
        port = int(relay.stdout.readline())
        return _delays(here, f"http://127.0.0.1:{port}", "none=1", rate, ["bare"])


def _delays(here: World, address: str, cookie: str, rate: Rate, how: list[str]) -> list[float]:
    """Milliseconds for every event in every client.

    Raises:
        RuntimeError: not every client saw every event.
    """
    out = here.directory / f"seen-{rate.a_second}{''.join(how)}"
    watchers = start_watchers(address, cookie, STREAM, CLIENTS, out)
    try:
        words = [STREAM, str(rate.a_second), str(rate.seconds), *how]
        subprocess.run([sys.executable, "-m", "bench.publisher", *words], check=True)
    finally:
        end_watchers(watchers)
    lines = [line.split() for line in out.read_text().splitlines()]
    first = min(float(written) for written, _ in lines)
    delays = [milliseconds(float(seen) - float(written)) for written, seen in lines if float(written) > first]
    if len(delays) != rate.sightings:
        raise RuntimeError(f"{len(delays)} of {rate.sightings} events were seen")
    return delays


def _figures(rate: Rate, ours: list[float], theirs: list[float]) -> list[Figure]:
    what = f"event written → seen by {CLIENTS} clients, {rate.a_second} a second"
    return [
        Figure("live", f"{what}, p95", quantile(ours, 0.95), "ms", AT_MOST_MS, quantile(theirs, 0.95), AGAINST),
        Figure("live", f"{what}, median", median(ours), "ms", None, median(theirs), AGAINST),
    ]
