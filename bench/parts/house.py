"""The whole embedded stack of a new installation: its first page, its memory at rest, and its end by Ctrl-C."""

import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil

from bench.browser import Browser
from bench.figures import Figure
from bench.machine import PREFIX, Machine
from bench.rivals.plain import Plain, plain
from bench.rivals.process import rival
from tests.processes import wait_until
from tests.supervisor.house import MARK, House, get
from xoptweb.supervisor import ports

FIRST_PAGE_S, STOP_S, MEMORY_MB = 5.0, 5.0, 1200.0
TOLD_S = 1.0
REPETITIONS = 3
QUIET_S = 20.0  # after the last page was looked at
OPERATOR = re.compile(r"^    operator +(\w+) +(\S+)$", re.MULTILINE)
PAGES = ("/", "/campaigns/", "/approvals/", "/machine/demo-linac/")
AGAINST = "plain Django under daphne"
SCRIPT = "bare loop, its IOC, and plain Django"


def measure(directory: Path) -> list[Figure]:
    house = House(directory / "home", XOPTWEB_PORT=str(ports.free("127.0.0.1")))
    house.home.mkdir()
    os.environ |= {"XOPTWEB_HOME": str(house.home)}
    try:
        installing = _first_page(house)
        memory = _at_rest(house)
        house.send(signal.SIGINT)
        starts, stops = [], []
        for _ in range(REPETITIONS):
            starts.append(_first_page(house))
            house.address()
            stops.append(house.send(signal.SIGINT))
        told = max(_told(house) for _ in range(REPETITIONS))
    finally:
        house.end()
    bare_start, bare_stop = _plain()
    return [
        Figure("house", "`xoptweb up` → first page, longest", max(starts), "s", FIRST_PAGE_S, bare_start, AGAINST),
        Figure("house", "first `xoptweb up` of a new home → first page", installing, "s"),
        Figure("house", "Ctrl-C → no process left, longest", max(stops), "s", STOP_S, bare_stop, AGAINST),
        Figure("house", "`xoptweb stop` in a terminal → writers are told, longest", told, "s", TOLD_S),
        Figure("house", "idle memory, summed PSS", memory, "MB", MEMORY_MB, _bare_memory(directory), SCRIPT),
    ]


def _first_page(house: House) -> float:
    """Seconds from the command to the login page."""
    url = f"http://127.0.0.1:{house.environment['XOPTWEB_PORT']}/login/"
    began = time.monotonic()
    house.start()
    wait_until(lambda: get(url) == 200, 60, every_s=0.01, what="the first page")
    return time.monotonic() - began


def _told(house: House) -> float:
    """Seconds from the command to its line that writers have been told, while nothing else of xoptweb runs."""
    began = time.monotonic()
    command = [sys.executable, "-m", "xoptweb", "stop"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ | house.environment
    ) as stopping:
        if stopping.stdout is None or b"has been told" not in stopping.stdout.readline():
            raise RuntimeError("`xoptweb stop` told nobody")
        return time.monotonic() - began


def _at_rest(house: House) -> float:
    """Megabytes after a person has looked at every kind of page and has then left it alone."""
    address = house.address()
    found = OPERATOR.search(house.says())
    if found is None:
        raise RuntimeError("the first start told no operator's password")
    browser = Browser(address, found[1], found[2])
    for page in PAGES:
        if (status := browser.get(page).status) != 200:
            raise RuntimeError(f"{page} was answered with {status}")
    browser.close()
    time.sleep(QUIET_S)
    return sum(_megabytes(process) for process in psutil.process_iter() if _is_of(process, house))


def _is_of(process: psutil.Process, house: House) -> bool:
    try:
        return process.environ().get(MARK) == house.mark
    except psutil.Error:
        return False


def _megabytes(process: psutil.Process) -> float:
    try:
        return float(process.memory_full_info().pss) / 1e6
    except psutil.NoSuchProcess:
        return 0.0


def _plain() -> tuple[float, float]:
    """Seconds to the first page and to the end of a bare Django."""
    began = time.monotonic()
    pages = Plain({})
    pages.wait()
    started = time.monotonic()
    pages.process.send_signal(signal.SIGINT)
    pages.process.wait(30)
    return started - began, time.monotonic() - started


def _bare_memory(directory: Path) -> float:
    """Megabytes of what a person without xoptweb runs: a loop, an IOC to try it on, and a page that shows a table."""
    with (
        Machine(directory / "ioc") as machine,
        rival("loop", f"{PREFIX}B:", port=machine.port) as loop,
        plain({}) as pages,
    ):
        loop.do("100")
        every = (machine.pid, loop.process.pid, pages.process.pid)
        return sum(_megabytes(psutil.Process(pid)) for pid in every)
