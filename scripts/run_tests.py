"""`make test`: lint, and at the same time the suite on SQLite with the embedded broker and on PostgreSQL with Redis."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DATABASE = os.environ.get("XOPTWEB_TEST_DATABASE_URL", "postgres://root@127.0.0.1:5432/test")
GIVEN_BROKER = os.environ.get("XOPTWEB_TEST_BROKER_URL")
BROKER = GIVEN_BROKER or "redis://127.0.0.1:6379/5"
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
NO_TESTS = 5  # pytest's exit code when a choice of tests has none in this part
PLACES = 2 * (os.cpu_count() or 1)
"""Parts that run at once: some of them mostly wait, but what starves on a busy core only tells about the core."""

HUNG_S = 120  # a test that takes longer, alone on the machine, is taken for hung
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


@dataclass(frozen=True)
class Part:
    """One process. The parts share nothing but the cores: what only computes steps back behind what waits for a
    machine to move.
    """

    title: str
    command: tuple[str, ...]
    backend: str = "embedded"
    tests: str = "all"
    nice: int = 0

    def start(self, output: IO[bytes] | None) -> "subprocess.Popen[bytes]":
        patience = {"XOPTWEB_TEST_PATIENCE": str(PLACES), "PYTEST_TIMEOUT": str(PLACES * HUNG_S)}
        own = {"XOPTWEB_TEST_BACKEND": self.backend, "XOPTWEB_TEST_PART": self.tests}
        environment = {**os.environ, **patience, **own}
        command = ["nice", "-n", str(self.nice), *self.command]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


def parts(words: list[str], *, services: bool) -> list[Part]:
    """What runs: the longest first. Redis databases that were given are one set, so one part uses them."""
    pytest = (sys.executable, "-m", "pytest", *words)
    found = [Part("Machines, on SQLite with the embedded broker", pytest, "embedded", "machine")]
    if services and GIVEN_BROKER:
        found.append(Part("On PostgreSQL with Redis", pytest, "services", "stores"))
    elif services:
        found.append(Part("Machines, on PostgreSQL with Redis", pytest, "services", "machine"))
    found.append(Part("The rest, on SQLite with the embedded broker", pytest, "embedded", "rest", nice=2))
    if services and not GIVEN_BROKER:
        found.append(Part("The rest, on PostgreSQL with Redis", pytest, "services", "rest", nice=2))
    found.append(Part("What runs once", pytest, "embedded", "once", nice=2))
    if not words:
        found.append(Part("Style, types and floors", ("/bin/sh", "scripts/lint.sh"), nice=5))
    return found


def main(words: list[str]) -> int:
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))  # so that no part outlives this process
    if not browser():
        return 1
    silent = [name for name, answers in (("PostgreSQL", postgresql()), ("Redis", redis())) if not answers]
    code = together(parts(words, services=not silent))
    if silent:
        names = " and ".join(silent)
        say(f"{names} did not answer at {DATABASE} and {BROKER}: the suite on them did not run.")
    return code or (1 if silent and CI else 0)


def together(parts: list[Part]) -> int:
    """Run the parts, as many at once as there are places. The first is seen as it goes on, others at their end."""
    codes: dict[Part, int] = {}
    waiting = list(parts)
    running: dict[Part, tuple[subprocess.Popen[bytes], IO[bytes] | None]] = {}
    say(parts[0].title)
    with ExitStack() as stack:
        while waiting or running:
            while waiting and len(running) < PLACES:
                part = waiting.pop(0)
                output = None if part is parts[0] else stack.enter_context(tempfile.TemporaryFile())
                running[part] = (stack.enter_context(ended(part.start(output))), output)
            time.sleep(0.2)
            for part, (process, output) in list(running.items()):
                if (code := process.poll()) is not None:
                    codes[part] = code
                    del running[part]
                    show(part, output)
    if set(codes.values()) == {NO_TESTS}:
        return NO_TESTS
    return next((code for code in codes.values() if code not in (0, NO_TESTS)), 0)


def show(part: Part, output: IO[bytes] | None) -> None:
    if output is not None:
        say(part.title)
        output.seek(0)
        sys.stdout.write(output.read().decode(errors="replace"))
        sys.stdout.flush()


@contextmanager
def ended(process: "subprocess.Popen[bytes]") -> Iterator["subprocess.Popen[bytes]"]:
    """No part outlives this process, whatever happens to it."""
    try:
        yield process
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait()


def browser() -> bool:
    """Whether there is a Chromium; as root on Debian, it is installed."""
    if any(shutil.which(name) for name in BROWSERS):
        return True
    if os.geteuid() == 0 and shutil.which("apt-get"):
        say("Installing Chromium for the browser tests")
        quiet = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        for command in (["apt-get", "update", "-q"], APT):
            subprocess.run(command, env=quiet, check=False, stdout=subprocess.DEVNULL)
        if any(shutil.which(name) for name in BROWSERS):
            return True
    say(f"The browser tests need Chromium. Install it with your package manager, for example: sudo {' '.join(APT)}")
    return False


def postgresql() -> bool:
    import psycopg

    try:
        server = urlsplit(DATABASE)._replace(scheme="postgresql", path="/postgres").geturl()
        with psycopg.connect(server, connect_timeout=3):
            return True
    except psycopg.OperationalError:
        return False


def redis() -> bool:
    from redis import Redis, RedisError

    try:
        with Redis.from_url(BROKER, socket_connect_timeout=3) as client:
            return bool(client.ping())
    except RedisError:
        return False


def say(line: str) -> None:
    print(f"\n== {line}", flush=True)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
