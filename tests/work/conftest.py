"""Real workers and a real beat, in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

import tests.work.world  # noqa: F401
from tests import processes
from tests.work import world

Start = Callable[..., "subprocess.Popen[bytes]"]


@pytest.fixture(autouse=True)
def _forget() -> None:
    world.attempts.clear()
    world.followed.clear()
    world.given_up.clear()


@pytest.fixture
def start(tmp_path: Path, transactional_db: None) -> Iterator[Start]:
    """Start `celery worker` or `celery beat` with more words; all end with the test."""
    started: list[subprocess.Popen[bytes]] = []

    def start(*words: str) -> "subprocess.Popen[bytes]":
        log = (tmp_path / f"{words[0]}-{len(started)}.log").open("wb")
        command = [sys.executable, "-m", "celery", "-A", "tests.work.celery_app", *words]
        environment = os.environ | {"XOPTWEB_ROLE": "worker", "PYTHONPATH": str(Path.cwd())}
        with log:
            process = processes.start(command, stdout=log, stderr=log, env=environment)
        started.append(process)
        return process

    yield start
    for process in started:
        processes.end(process)
    for log in sorted(tmp_path.glob("*.log")):
        print(f"--- {log.name}\n{log.read_text()}")  # noqa: T201


@pytest.fixture
def worker(start: Start) -> Start:
    """Start a worker of a queue."""

    def worker(queue: str = "default", children: int = 1) -> "subprocess.Popen[bytes]":
        quiet = ("--without-gossip", "--without-mingle", "--without-heartbeat", "--loglevel", "INFO")
        return start("worker", "-Q", queue, "-n", f"{queue}@test", "-c", str(children), *quiet)

    return worker
