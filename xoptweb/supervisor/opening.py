"""Opens the house in order: pages first, then everything else, then the address is told."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from xoptweb.supervisor import health

WEB_PATIENCE_S = 60.0
PROGRAM_PATIENCE_S = 15.0


@dataclass(frozen=True)
class Web:
    """Where pages are served, and a name by which they are asked for."""

    host: str
    port: int
    name: str


class Doors(Protocol):
    """What the opening needs of the supervisor."""

    def start(self, names: Iterable[str]) -> None: ...
    def waiting(self) -> list[str]: ...
    def not_running(self) -> list[str]: ...


class Opening:
    """Called several times a second; each call looks at one thing and never waits for long."""

    def __init__(self, doors: Doors, web: Web, logs: Path, say: Callable[[str], None]) -> None:
        self.doors, self.web, self.logs, self.say = doors, web, logs, say
        self.since = time.monotonic()
        self.step: Callable[[], None] = self.wait_for_pages
        self.warned = False

    @property
    def done(self) -> bool:
        return self.step == self.rest

    def wait_for_pages(self) -> None:
        if health.answers(self.web.host, self.web.port, self.web.name):
            self.doors.start(self.doors.waiting())
            self.since, self.step = time.monotonic(), self.wait_for_the_rest
        elif not self.warned and time.monotonic() - self.since > WEB_PATIENCE_S:
            self.warned = True
            self.say(f"No page is served after {WEB_PATIENCE_S:.0f} s; {self.logs}/web.log says why. Still trying.")

    def wait_for_the_rest(self) -> None:
        missing = self.doors.not_running()
        if missing and time.monotonic() - self.since < PROGRAM_PATIENCE_S:
            return
        if missing:
            self.say(f"Not running: {', '.join(missing)}. Their logs are in {self.logs}; they are being restarted.")
        self.say(f"xoptweb is ready at {health.url(self.web.host, self.web.port)}   (Ctrl-C stops everything)")
        self.step = self.rest

    def rest(self) -> None:
        """All is open."""
