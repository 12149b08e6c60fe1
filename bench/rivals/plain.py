"""The plain pages as a process."""

import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from tests import processes
from xoptweb.supervisor import health, ports

HOST = "127.0.0.1"


class Plain:
    """daphne with the plain pages, on the database of `XOPTWEB_HOME`."""

    def __init__(self, environment: Mapping[str, str]) -> None:
        self.port = ports.free(HOST)
        words = ["-v", "0", "-b", HOST, "-p", str(self.port), "bench.rivals.plain_pages:application"]
        settings = {"DJANGO_SETTINGS_MODULE": "bench.rivals.plain_settings"}
        self.process = processes.start(
            [sys.executable, "-m", "daphne", *words], env={**os.environ, **environment, **settings}
        )

    def wait(self) -> None:
        """Until it serves a page."""
        processes.wait_until(lambda: health.answers(HOST, self.port), 60, every_s=0.01, what="the plain pages")


@contextmanager
def plain(environment: Mapping[str, str]) -> Iterator[Plain]:
    made = Plain(environment)
    try:
        made.wait()
        yield made
    finally:
        processes.end(made.process)
