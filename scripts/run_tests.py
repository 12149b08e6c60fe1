"""`make test`: lint, then the suite on SQLite with the embedded broker, and at once on PostgreSQL with Redis."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DATABASE = os.environ.get("XOPTWEB_TEST_DATABASE_URL", "postgres://root@127.0.0.1:5432/test")
BROKER = os.environ.get("XOPTWEB_TEST_BROKER_URL", "redis://127.0.0.1:6379/5")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
NO_TESTS = 5  # pytest's exit code when a choice of tests has none in this part
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


@dataclass(frozen=True)
class Part:
    """One pytest process. The parts share nothing, and mostly wait: they run at the same time."""

    title: str
    backend: str
    tests: str

    def start(self, words: list[str], output: IO[bytes] | None) -> "subprocess.Popen[bytes]":
        environment = {**os.environ, "XOPTWEB_TEST_BACKEND": self.backend, "XOPTWEB_TEST_PART": self.tests}
        command = [sys.executable, "-m", "pytest", *words]
        return subprocess.Popen(command, cwd=ROOT, env=environment, stdout=output, stderr=output)


EMBEDDED = Part("The suite on SQLite with the embedded broker", "embedded", "stores")
STORELESS = Part("What touches neither database nor broker", "embedded", "storeless")
SERVICES = Part("The suite on PostgreSQL with Redis", "services", "stores")


def main(words: list[str]) -> int:
    if not browser():
        return 1
    if not words and subprocess.run(["/bin/sh", "scripts/lint.sh"], cwd=ROOT, check=False).returncode:
        return 1
    silent = [name for name, answers in (("PostgreSQL", postgresql()), ("Redis", redis())) if not answers]
    code = together([EMBEDDED, STORELESS] + ([] if silent else [SERVICES]), words)
    if silent:
        names = " and ".join(silent)
        say(f"{names} did not answer at {DATABASE} and {BROKER}: the suite on them did not run.")
    return code or (1 if silent and CI else 0)


def together(parts: list[Part], words: list[str]) -> int:
    """Run all parts at once. The first one is seen as it goes on, what the others say when all have ended."""
    with ExitStack() as stack:
        outputs: list[IO[bytes] | None] = [None, *(stack.enter_context(tempfile.TemporaryFile()) for _ in parts[1:])]
        say(parts[0].title)
        running = [stack.enter_context(ended(p.start(words, out))) for p, out in zip(parts, outputs, strict=True)]
        codes = [process.wait() for process in running]
        for part, output in zip(parts, outputs, strict=True):
            if output is not None:
                say(part.title)
                output.seek(0)
                sys.stdout.write(output.read().decode(errors="replace"))
                sys.stdout.flush()
    if set(codes) == {NO_TESTS}:
        return NO_TESTS
    return next((code for code in codes if code not in (0, NO_TESTS)), 0)


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
