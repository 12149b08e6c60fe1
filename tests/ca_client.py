"""An observer of the machine that shares nothing with the product: pyepics in a process of its own.

    with IndependentClient(ioc.port) as outside:
        outside.get("LI01:QUAD:01:K1")

It imports none of the product's code, has a Channel Access context of its own, and dies with the test run.
"""

import json
import os
import subprocess
import sys
import threading
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self

from tests import processes
from tests.patience import patient

ANSWER_MARGIN_S = 10.0


class ChannelError(Exception):
    """The outside client could not do what was asked."""


@dataclass(frozen=True)
class Reading:
    """A value with what the server tells about it; `severity` is 0 (none) … 3 (invalid), time is epoch."""

    value: Any
    timestamp: float
    severity: int
    units: str
    low: float | None  # display limits
    high: float | None
    text: str  # as the server writes it, for choices their name


class IndependentClient:
    """Reads, writes and watches channels of the server at 127.0.0.1:`port`, with `prefix` put before every name."""

    def __init__(self, port: int, prefix: str = "") -> None:
        self.prefix = prefix
        self._lock = threading.Lock()
        self._environment = {name: value for name, value in os.environ.items() if not name.startswith("EPICS_")}
        self._environment |= {
            "EPICS_CA_ADDR_LIST": "127.0.0.1",
            "EPICS_CA_AUTO_ADDR_LIST": "NO",
            "EPICS_CA_SERVER_PORT": str(port),
            "EPICS_CA_CONN_TMO": "5",
        }
        self._process = self._started()

    def _started(self) -> "subprocess.Popen[bytes]":
        return processes.start(
            [sys.executable, "-u", "-m", "tests.ca_client_process"],
            env=self._environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )

    def search_again(self) -> None:
        """Look for the server anew, at once: libca takes its time for one that has gone away."""
        self.close()
        self._process = self._started()

    def get(self, name: str, timeout_s: float = patient(5.0)) -> Any:
        """The value now, asked from the server, not from a monitor."""
        return self.read(name, timeout_s).value

    def read(self, name: str, timeout_s: float = patient(5.0)) -> Reading:
        """The value now with its timestamp, severity, units and limits."""
        return Reading(**self._ask("read", name, timeout_s=timeout_s))

    def put(self, name: str, value: float | str, *, wait: bool = True, timeout_s: float = patient(5.0)) -> None:
        """Write, and wait until the server says that it is done."""
        self._ask("put", name, value=value, wait=wait, timeout_s=timeout_s)

    def watch(self, name: str, seconds: float, timeout_s: float = patient(5.0)) -> list[tuple[float, Any]]:
        """All updates that arrive within `seconds`, as (server's timestamp, value)."""
        updates = self._ask("watch", name, seconds=seconds, timeout_s=timeout_s)
        return [(at, value) for at, value in updates]

    def timed_puts(self, name: str, values: list[float], timeout_s: float = patient(5.0)) -> list[float]:
        """Write one value after the other, each waited for, and give the seconds that each took."""
        return list(self._ask("timed_puts", name, values=values, timeout_s=timeout_s))

    def close(self) -> None:
        """End the client's process."""
        processes.end(self._process)
        for pipe in (self._process.stdin, self._process.stdout):
            if pipe:
                pipe.close()

    def _ask(self, action: str, name: str, **arguments: Any) -> Any:
        request = {"action": action, "name": self.prefix + name, **arguments}
        with self._lock:
            if self._process.stdin is None or self._process.stdout is None:
                raise ChannelError("the outside client has no pipes")
            self._process.stdin.write(json.dumps(request).encode() + b"\n")
            self._process.stdin.flush()
            line = self._process.stdout.readline()
        if not line:
            raise ChannelError(f"the outside client ended while asked to {action} {name}")
        answer = json.loads(line)
        if answer["error"] == "timeout":
            raise TimeoutError(answer["message"])
        if answer["error"]:
            raise ChannelError(answer["message"])
        return answer["result"]

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
