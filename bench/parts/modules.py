"""Modules: an installation, runs cold and warm, a thousand runs through the workers, and a long trace."""

import os
import statistics
import subprocess
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

import psutil

from bench.browser import Browser
from bench.figures import Figure, median, milliseconds, quantile
from bench.modules import CALCULATOR, EXAMPLES, install, packaged
from bench.world import PASSWORD, World, world
from tests.processes import wait_until
from tests.supervisor.house import MARK

if TYPE_CHECKING:
    from modules.models import Run

INSTALLS, COLD, WARM, RIVAL_RUNS = 5, 10, 300, 10
QUEUED, BEGUN = 1_000, 200
TRACED = 100_000
OPENED = 20
INSTALL_S, COLD_MS, WARM_MEDIAN_MS, WARM_P95_MS, QUEUED_MS, GROWTH_MB, TRACE_MS = 1.0, 200.0, 8.0, 25.0, 20.0, 10.0, 1e3
BY_PIP = "python -m venv, pip install pydantic"
BY_HAND = "bare start of Python with Pydantic"
CHATTER = """
import xopt
m = xopt.Module("bench/chatter", "1.0.0", "Tells its trace a lot.")
@m.step
def begin(given):
    instance = xopt.ModuleInstance(m)
    for number in range(int(given)):
        instance.log_trace_event("note", {"number": number})
    return given
m.set_start_step("begin")
xopt.register(lambda: m)
"""


def measure(directory: Path) -> list[Figure]:
    with world(directory) as here:
        return [*_installs(here), *_runs(here), *_queued(here), *_trace(here)]


def _installs(here: World) -> list[Figure]:
    """After a first one, which fills uv's cache."""
    archive = packaged(here, EXAMPLES / "calculator")
    times = [install(archive) for _ in range(INSTALLS + 1)][1:]
    return [
        Figure("modules", "install a module that needs only the SDK, longest", max(times), "s", INSTALL_S,
               _by_pip(here.directory / "rival"), BY_PIP),
    ]  # fmt: skip


def _by_pip(venv: Path) -> float:
    began = time.monotonic()
    subprocess.run([sys.executable, "-m", "venv", venv], check=True, capture_output=True)
    subprocess.run([venv / "bin" / "pip", "install", "--quiet", "pydantic"], check=True, capture_output=True)
    return time.monotonic() - began


def _runs(here: World) -> list[Figure]:
    """From the service call to its return, in this process: database, trace and all."""
    from modules.execution import pool

    cold = []
    for _ in range(COLD):
        pool.close()
        cold.append(_ran(here))
    warm = [_ran(here) for _ in range(WARM)]
    pool.close()
    by_hand = median([_by_hand(here.directory / "rival") for _ in range(RIVAL_RUNS)])
    return [
        Figure("modules", "calculator, cold, longest", max(cold), "ms", COLD_MS, by_hand, BY_HAND),
        Figure("modules", "calculator, warm, median", median(warm), "ms", WARM_MEDIAN_MS, by_hand, BY_HAND),
        Figure("modules", "calculator, warm, p95", quantile(warm, 0.95), "ms", WARM_P95_MS, by_hand, BY_HAND),
    ]


def _ran(here: World) -> float:
    from modules.services import running

    by = here.actor("peter")
    began = time.monotonic()
    run = running.now(CALCULATOR, "15 * 23", by=by)
    took = milliseconds(time.monotonic() - began)
    if run.output != 345.0:
        raise RuntimeError(f"the calculator answered {run.output}: {run.error}")
    return took


def _by_hand(venv: Path) -> float:
    began = time.monotonic()
    subprocess.run([venv / "bin" / "python", "-c", "from pydantic import BaseModel; print(15 * 23)"], check=True,
                   capture_output=True)  # fmt: skip
    return milliseconds(time.monotonic() - began)


def _queued(here: World) -> list[Figure]:
    """From the first request to the end of the last run, in the workers of the running product."""
    from modules.models import Run
    from modules.services import running

    by = here.actor("peter")
    began = time.monotonic()
    first = running.run(CALCULATOR, "15 * 23", by=by)
    for _ in range(QUEUED - 1):
        running.run(CALCULATOR, "15 * 23", by=by)
    ours = Run.objects.filter(pk__gte=first.pk)
    wait_until(lambda: ours.exclude(ended_at=None).count() >= BEGUN, 300, every_s=0.1, what="some ended runs")
    before = _memory(here)
    wait_until(lambda: ours.exclude(ended_at=None).count() >= QUEUED, 600, every_s=0.1, what="a thousand ended runs")
    took = time.monotonic() - began
    failed = ours.exclude(state=Run.State.SUCCEEDED).count()
    if failed:
        raise RuntimeError(f"{failed} of {QUEUED} runs did not succeed")
    return [
        Figure("modules", f"{QUEUED} runs queued, each", milliseconds(took / QUEUED), "ms", QUEUED_MS),
        Figure("modules", f"memory, from {BEGUN} to {QUEUED} runs", _memory(here) - before, "MB more", GROWTH_MB),
    ]


def _memory(here: World) -> float:
    """Of all processes of the product, in MB; a shared page counts once. The middle of three looks."""
    looks = []
    for _ in range(3):
        looks.append(sum(_share(process) for process in psutil.process_iter() if _is_of(process, here.house.mark)))
        time.sleep(0.2)
    return statistics.median(looks)


def _share(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.Error:
        return 0.0


def _is_of(process: psutil.Process, mark: str) -> bool:
    try:
        return process.pid != os.getpid() and process.environ().get(MARK) == mark
    except psutil.Error:
        return False


def _trace(here: World) -> list[Figure]:
    """One page of a trace in its middle, as a logged-in person gets it; and none of its events is missing."""
    run = _chatted(here)
    browser = Browser(here.address, "olga", PASSWORD)
    by_api = [f"/api/v1/runs/{run.pk}", f"/api/v1/runs/{run.pk}/events?after={TRACED // 2}&limit=200"]
    missing = TRACED - _notes(run)
    return [
        _opened(browser, "open the page of", [f"/runs/{run.pk}/"]),
        _opened(browser, "turn to the middle of", [f"/runs/{run.pk}/?page={TRACED // 500}"]),
        _opened(browser, "read by the API from the middle of", by_api),
        Figure("modules", f"events lost of {TRACED}", missing, "", 0),
    ]


def _opened(browser: Browser, what: str, pages: list[str]) -> Figure:
    times = []
    for _ in range(OPENED):
        answers = [browser.get(page) for page in pages]
        if any(answer.status != 200 for answer in answers):
            raise RuntimeError(f"a trace could not be opened: {[answer.status for answer in answers]}")
        times.append(milliseconds(sum(answer.seconds for answer in answers)))
    return Figure("modules", f"{what} a trace of {TRACED} events, p95", quantile(times, 0.95), "ms", TRACE_MS)


def _chatted(here: World) -> "Run":
    from modules.execution import pool
    from modules.services import running

    source = here.directory / "chatter"
    source.mkdir()
    (source / "main.py").write_text(CHATTER)
    (source / "xopt.yaml").write_text('name: "bench/chatter"\nversion: "1.0.0"\n')
    install(packaged(here, source))
    run = running.now("bench/chatter", TRACED, by=here.actor("peter"))
    pool.close()
    if run.error:
        raise RuntimeError(f"the long trace could not be made: {run.error}")
    return run


def _notes(run: "Run") -> int:
    from xoptweb.live.models import Event

    return Event.objects.filter(stream=run.stream, kind="note").count()
