"""The IOC of the benchmarks as a process, and its own log of what reached it."""

import json
import os
import random
import signal
import sys
import time
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

from controls.demo import ports
from tests import processes

PREFIX = "BENCH:"


@dataclass(frozen=True)
class Put:
    """One put that reached the IOC: which record (without prefix), what value, at which monotonic second."""

    name: str
    value: float
    at: float


@dataclass
class Machine:
    """Started by `with`; its files lie in `directory`."""

    directory: Path
    port: int = field(default_factory=ports.free_port)
    _offset: int = 0
    _puts: list[Put] = field(default_factory=list)

    def __enter__(self) -> Self:
        self.directory.mkdir(parents=True, exist_ok=True)
        ready = self.directory / "ready"
        words = ["--port", str(self.port), "--prefix", PREFIX, "--put-log", str(self._log), "--ready-file", str(ready)]
        with (self.directory / "ioc.log").open("wb") as log:
            self._process = processes.start([sys.executable, "-m", "bench.ioc", *words], stdout=log, stderr=log)
        processes.wait_until(ready.exists, 20, what="the IOC of the benchmarks")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.thaw()
        processes.end(self._process)

    def puts(self) -> list[Put]:
        """All puts so far. Reads only what is new since the last call."""
        if self._log.exists():
            with self._log.open("rb") as file:
                file.seek(self._offset)
                for line in file:
                    if not line.endswith(b"\n"):
                        break
                    self._offset += len(line)
                    entry = json.loads(line)
                    name = entry["name"].removeprefix(PREFIX)
                    self._puts.append(Put(name, entry["value"], entry["mono"]))
        return self._puts

    @property
    def pid(self) -> int:
        return self._process.pid

    def freeze(self) -> None:
        os.kill(self.pid, signal.SIGSTOP)

    def thaw(self) -> None:
        os.kill(self.pid, signal.SIGCONT)

    @property
    def _log(self) -> Path:
        return self.directory / "puts.jsonl"


def moment(shortest_s: float, longest_s: float) -> None:
    """Wait for a random time, so that what follows falls into no step of what it disturbs."""
    time.sleep(random.uniform(shortest_s, longest_s))
