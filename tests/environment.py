"""The environment that a test run gives itself before Django's settings are read."""

import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TextIO

SERVICES = os.environ.get("XOPTWEB_TEST_BACKEND", "embedded") == "services"
DATABASE = os.environ.get("XOPTWEB_TEST_DATABASE_URL", "postgres://root@127.0.0.1:5432/test")
BROKERS = [f"redis://127.0.0.1:6379/{first}" for first in (5, 8, 11)]
"""Where no URL is given: three databases from each of these on; a run takes the first set that no other run has."""

BROKER = os.environ.get("XOPTWEB_TEST_BROKER_URL", BROKERS[0])
ALL, STORES, MACHINE, REST, ONCE = "all", "stores", "machine", "rest", "once"
PART = os.environ.get("XOPTWEB_TEST_PART", ALL)
"""Which tests run: all, those for each kind of store (or one of their two parts), or those that run once."""

LONGEST_WAIT_S = 900

_locks: list[TextIO] = []


def prepare() -> Path:
    """A new home in the temporary directory; nothing of the caller's own `XOPTWEB_*` settings reaches a test."""
    global BROKER
    for name in [n for n in os.environ if n.startswith("XOPTWEB_") and not n.startswith("XOPTWEB_TEST_")]:
        del os.environ[name]
    home = Path(tempfile.mkdtemp(prefix="xoptweb-test-"))
    os.environ |= {
        "DJANGO_SETTINGS_MODULE": "xoptweb.settings",
        "XOPTWEB_HOME": str(home),
        "XOPTWEB_SECRET_KEY": "only-for-tests-" + "x" * 40,
        "XOPTWEB_LOG_LEVEL": "WARNING",
        "XOPTWEB_PORT": "0",
        "XOPTWEB_TEST_RUN": home.name,
        "OMP_NUM_THREADS": "1",
    }
    if SERVICES:
        BROKER = take_broker()
        server = DATABASE.rpartition("/")[0]
        os.environ["XOPTWEB_DATABASE_URL"] = f"{server}/test_xoptweb_{os.getpid()}"
        os.environ["XOPTWEB_BROKER_URL"] = BROKER
    return home


def take_broker() -> str:
    """Redis databases that no other run of tests uses, for these will be emptied; waits while all are taken.

    Raises:
        TimeoutError: all stayed taken.
    """
    given = os.environ.get("XOPTWEB_TEST_BROKER_URL")
    deadline = time.monotonic() + LONGEST_WAIT_S
    while time.monotonic() < deadline:
        for broker in [given] if given else BROKERS:
            if _lock(broker):
                return broker
        time.sleep(1)
    raise TimeoutError(f"other test runs have used all of {given or BROKERS} for {LONGEST_WAIT_S} s")


def _lock(broker: str) -> bool:
    name = "".join(c if c.isalnum() else "-" for c in broker)
    lock = (Path(tempfile.gettempdir()) / f"xoptweb-test-{name}.lock").open("w")
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        lock.close()
        return False
    _locks.append(lock)
    return True


def forget(home: Path) -> None:
    shutil.rmtree(home, ignore_errors=True)
