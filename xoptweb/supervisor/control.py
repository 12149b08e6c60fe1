"""Talks to the running supervisor through its socket."""

import xmlrpc.client
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from supervisor.xmlrpc import SupervisorTransport

from xoptweb.errors import Unavailable


@dataclass(frozen=True)
class State:
    """One supervised process. `uptime_s` and `pid` are 0 while it does not run."""

    name: str
    state: str
    pid: int
    uptime_s: int


@contextmanager
def _answers() -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise Unavailable("xoptweb does not run here.", code="not_running") from error
    except xmlrpc.client.Fault as fault:
        raise Unavailable(f"The supervisor can't do that now: {fault.faultString}.", code="not_now") from fault


class Control:
    """What the supervisor can be asked."""

    def __init__(self, socket: Path) -> None:
        transport = SupervisorTransport(None, None, f"unix://{socket}")
        self.rpc: Any = xmlrpc.client.ServerProxy("http://127.0.0.1", transport=transport).supervisor

    def states(self) -> list[State]:
        """Every supervised process.

        Raises:
            Unavailable: no supervisor answers.
        """
        with _answers():
            found = self.rpc.getAllProcessInfo()
        return [
            State(p["name"], p["statename"], p["pid"], p["now"] - p["start"] if p["pid"] else 0)
            for p in found
        ]  # fmt: skip

    def reload(self) -> tuple[list[str], list[str]]:
        """Start the programs of new or changed configuration files, stop those of removed ones; names of both.

        Raises:
            Unavailable: no supervisor answers.
        """
        with _answers():
            ((added, changed, removed),) = self.rpc.reloadConfig()
            for name in changed + removed:
                self.rpc.stopProcessGroup(name)
                self.rpc.removeProcessGroup(name)
            for name in added + changed:
                self.rpc.addProcessGroup(name)
                self.rpc.startProcessGroup(name, False)
        return added + changed, removed
