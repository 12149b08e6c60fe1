"""A rival as a process that is told what to do line by line."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from controls.demo import ports
from tests import processes


class Rival:
    """`python -m bench.rivals.NAME WORDS…`; each order is answered by one line."""

    def __init__(self, name: str, *words: str, port: int) -> None:
        self.process = processes.start(
            [sys.executable, "-m", f"bench.rivals.{name}", *words],
            env={**os.environ, **ports.client_environment(port), "OMP_NUM_THREADS": "1"},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        self.wait("ready")

    def do(self, order: str) -> None:
        """Give an order and wait until it is done."""
        self.begin(order)
        self.wait("done")

    def begin(self, order: str) -> None:
        if self.process.stdin is None:
            raise RuntimeError("the rival takes no orders")
        self.process.stdin.write(order.encode() + b"\n")
        self.process.stdin.flush()

    def wait(self, word: str) -> None:
        """Wait for the next line.

        Raises:
            RuntimeError: it is another one.
        """
        said = self.process.stdout.readline().decode().strip() if self.process.stdout else ""
        if said != word:
            raise RuntimeError(f"the rival said “{said}”, not “{word}”")

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep it from running, so that its own updates cost nobody a processor."""
        os.kill(self.process.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.process.pid, signal.SIGCONT)

    def end(self) -> None:
        processes.end(self.process)
        for pipe in (self.process.stdin, self.process.stdout):
            if pipe is not None:
                pipe.close()


@contextmanager
def rival(name: str, *words: str, port: int) -> Iterator[Rival]:
    made = Rival(name, *words, port=port)
    try:
        yield made
    finally:
        made.end()
