"""A whole `xoptweb up` in a home of its own, as a person at a terminal has it."""

import http.cookiejar
import json
import os
import re
import signal
import subprocess
import sys
import time
import urllib.parse
import urllib.request
import uuid
from pathlib import Path
from typing import Any

import psutil

from tests import processes
from tests.patience import patient
from tests.processes import wait_until

MARK = "XOPTWEB_TEST_HOUSE"
READY_S = 60
READY = re.compile(r"ready at (http://\S+/)")


class House:
    """Started and ended by a test; every process it ever starts carries a mark of its own."""

    def __init__(self, home: Path, **settings: str) -> None:
        self.home = home
        self.mark = uuid.uuid4().hex
        kept = {name: value for name, value in os.environ.items() if not name.startswith("XOPTWEB_")}
        self.environment = {**kept, "XOPTWEB_HOME": str(home), "XOPTWEB_PORT": "0", MARK: self.mark, **settings}
        self.process: subprocess.Popen[bytes] | None = None
        self.starts = 0

    def start(self) -> None:
        self.starts += 1
        with self.screen.open("wb") as screen:
            self.process = processes.start(
                [sys.executable, "-m", "xoptweb", "up"], env=self.environment, stdout=screen, stderr=screen
            )

    @property
    def screen(self) -> Path:
        return self.home.with_name(f"{self.home.name}-screen-{self.starts}")

    def says(self) -> str:
        return self.screen.read_text()

    def address(self) -> str:
        """Wait until it is ready; where it serves pages."""
        wait_until(lambda: READY.search(self.says()) or self.ended(), READY_S, what="an address on the screen")
        found = READY.search(self.says())
        assert found, self.says()
        return found[1]

    def ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def command(self, *words: str) -> subprocess.CompletedProcess[str]:
        """Run another command in the same home."""
        command = [sys.executable, "-m", "xoptweb", *words]
        return subprocess.run(
            command, env=self.environment, capture_output=True, text=True, timeout=patient(60), check=False
        )

    def status(self) -> dict[str, Any]:
        """Every process by name, as `xoptweb status --json` tells it."""
        answer = self.command("status", "--json")
        assert answer.stdout, answer.stderr
        return {row["name"]: row for row in json.loads(answer.stdout)["processes"]}

    def left(self) -> list[str]:
        """What still lives of all that it started."""
        found = []
        for process in psutil.process_iter():
            try:
                if process.environ().get(MARK) == self.mark and process.status() != psutil.STATUS_ZOMBIE:
                    found.append(f"{process.pid} {' '.join(process.cmdline())}")
            except psutil.Error:
                continue
        return found

    def send(self, sign: signal.Signals) -> float:
        """Send a signal to the supervisor alone, and wait until nothing is left; how long that took."""
        assert self.process is not None
        began = time.monotonic()
        self.process.send_signal(sign)
        self.process.wait(patient(30))
        wait_until(lambda: not self.left(), 30, what=f"the end of {self.left()}")
        return time.monotonic() - began

    def end(self) -> None:
        if self.process is not None:
            processes.end(self.process)
            wait_until(lambda: not self.left(), 10)


def get(address: str) -> int:
    """Status of a page; 0 while nobody listens."""
    try:
        with urllib.request.urlopen(address, timeout=patient(5)) as answer:  # noqa: S310
            return int(answer.status)
    except OSError as error:
        return getattr(error, "code", 0)


def log_in(address: str, username: str, password: str) -> str:
    """Log in as a browser does; the path at which one arrives."""
    jar = http.cookiejar.CookieJar()
    opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(jar))
    opener.open(address + "login/", timeout=patient(10)).read()
    token = next(cookie.value for cookie in jar if "csrf" in cookie.name)
    form = {"username": username, "password": password, "csrfmiddlewaretoken": token or ""}
    with opener.open(address + "login/", urllib.parse.urlencode(form).encode(), timeout=patient(10)) as answer:
        return str(urllib.parse.urlsplit(answer.url).path)
