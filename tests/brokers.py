"""The broker of the tests: our embedded Valkey, or the Redis that the machine runs."""

from __future__ import annotations

import signal
import subprocess
from collections.abc import Iterator

import pytest
import redis

from tests import environment, processes
from tests.patience import patient
from xoptweb.config import config


class Broker:
    """The running broker. Tests of outages stop and start the embedded one; nobody else's Redis is ever stopped."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        if not environment.SERVICES and not self.alive():
            from xoptweb.supervisor.broker import command, prepare

            log = (config().home / "broker.log").open("ab")
            with log:
                self.process = processes.start(command(prepare(config())), stdout=log, stderr=log)
        processes.wait_until(self.answers, 10, what="an answer of the broker")

    def alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def answers(self) -> bool:
        try:
            with redis.Redis.from_url(config().broker(0)) as client:
                return bool(client.ping())
        except redis.ConnectionError:
            return False

    def kill(self) -> None:
        """End the embedded broker without warning, as a crash does."""
        if environment.SERVICES:
            pytest.skip("the Redis of this machine is not ours to kill")
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(patient(5))

    def flush(self) -> None:
        for database in range(3):
            with self.client(database) as client:
                client.flushdb()

    def client(self, database: int) -> redis.Redis:
        return redis.Redis.from_url(config().broker(database))


@pytest.fixture(scope="session", autouse=True)
def running_broker() -> Iterator[Broker]:
    """The broker runs for the whole session; its files are in the home of the tests."""
    broker = Broker()
    broker.start()
    yield broker
    if broker.process is not None:
        processes.end(broker.process)


@pytest.fixture
def broker(running_broker: Broker) -> Iterator[Broker]:
    """The broker, empty, for tests that look into it or take it away; it runs again afterwards."""
    running_broker.start()
    running_broker.flush()
    yield running_broker
    running_broker.start()
