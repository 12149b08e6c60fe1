"""What else goes on while evaluations are timed: work in the other workers, and people who watch."""

import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench import modules
from bench.browser import Browser
from bench.world import PASSWORD, World
from tests import processes

WORK_EVERY_S = 0.1
WATCHERS = 5


@contextmanager
def busy(world: World, campaign_id: int, iteration_id: int) -> Iterator[None]:
    """Ten runs of a module and ten other pieces of work a second, and five pages that follow the campaign."""
    modules.calculator(world)
    ending = threading.Event()
    worker = threading.Thread(target=_enqueue, args=(world, iteration_id, ending), name="work to do")
    browser = Browser(world.address, "olga", PASSWORD)
    stream, out = f"campaign:{campaign_id}", world.directory / "watched"
    watchers = start_watchers(world.address, browser.cookie, stream, WATCHERS, out)
    worker.start()
    try:
        yield
    finally:
        ending.set()
        worker.join()
        end_watchers(watchers)


def start_watchers(address: str, cookie: str, stream: str, count: int, out: Path) -> "subprocess.Popen[bytes]":
    """A process with that many websocket clients of one stream; returns when all of them follow it."""
    words = [address, cookie, stream, str(count), str(out)]
    watchers = processes.start([sys.executable, "-m", "bench.watchers", *words], stdout=subprocess.PIPE)
    if watchers.stdout is None or watchers.stdout.readline().strip() != b"following":
        raise RuntimeError(f"the websocket clients do not follow {stream}")
    return watchers


def end_watchers(watchers: "subprocess.Popen[bytes]") -> None:
    watchers.terminate()
    watchers.wait(10)
    if watchers.stdout is not None:
        watchers.stdout.close()


def _enqueue(world: World, iteration_id: int, ending: threading.Event) -> None:
    """Runs of a module, each in its confined process with its trace; and stages that are concluded already: claimed,
    looked up, found done, and closed.
    """
    from django.db import connection

    from modules.services import running
    from xoptweb.work.services import enqueue

    by = world.actor("peter")
    arguments = {"iteration": iteration_id, "stage": "state", "round": 1}
    while not ending.wait(WORK_EVERY_S):
        running.run(modules.CALCULATOR, "15 * 23", by=by)
        enqueue("optimizer.stage", arguments, queue="default")
    connection.close()
