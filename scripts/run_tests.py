"""`make test`: lint, then the suite on SQLite with the embedded broker, and at once on PostgreSQL with Redis."""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from urllib.parse import urlsplit

ROOT = Path(__file__).resolve().parent.parent
DATABASE = os.environ.get("XOPTWEB_TEST_DATABASE_URL", "postgres://root@127.0.0.1:5432/test")
BROKER = os.environ.get("XOPTWEB_TEST_BROKER_URL", "redis://127.0.0.1:6379/5")
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
APT = ["apt-get", "install", "-y", "-q", "--no-install-recommends", "chromium"]
SAYS = {"embedded": "SQLite with the embedded broker", "services": "PostgreSQL with Redis"}
CI = os.environ.get("CI", "").lower() in ("1", "true", "yes")


def main(words: list[str]) -> int:
    if not browser():
        return 1
    if not words and subprocess.run(["/bin/sh", "scripts/lint.sh"], cwd=ROOT, check=False).returncode:
        return 1
    silent = [name for name, answers in (("PostgreSQL", postgresql()), ("Redis", redis())) if not answers]
    code = both(words) if not silent else suite("embedded", words)
    if silent:
        names = " and ".join(silent)
        say(f"{names} did not answer at {DATABASE} and {BROKER}: the second part of the suite did not run.")
    return code or (1 if silent and CI else 0)


def both(words: list[str]) -> int:
    """Both parts at once: they share nothing, and mostly wait. What the second one says is shown when it has ended."""
    with tempfile.TemporaryFile() as said:
        second = subprocess.Popen(pytest(words), cwd=ROOT, env=environment("services"), stdout=said, stderr=said)
        try:
            code = suite("embedded", words)
            second.wait()
        finally:
            if second.poll() is None:
                second.terminate()
                second.wait()
        say(f"The suite on {SAYS['services']}")
        said.seek(0)
        sys.stdout.write(said.read().decode(errors="replace"))
        sys.stdout.flush()
    return code or second.returncode


def suite(backend: str, words: list[str]) -> int:
    say(f"The suite on {SAYS[backend]}")
    return subprocess.run(pytest(words), cwd=ROOT, env=environment(backend), check=False).returncode


def pytest(words: list[str]) -> list[str]:
    return [sys.executable, "-m", "pytest", *words]


def environment(backend: str) -> dict[str, str]:
    return {**os.environ, "XOPTWEB_TEST_BACKEND": backend}


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
