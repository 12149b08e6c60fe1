"""The way out of a module: whoever runs it answers here. Without one, a module runs alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from .errors import ModuleError, NoSuchModule


class Bridge:
    """Values for the module and answers to what it asks; this one stands for a module that nobody runs."""

    name = ""
    version = ""
    transitions = 50

    def __init__(self) -> None:
        self.tunables: dict[str, Any] = {}
        self.configurables: dict[str, Any] = {}
        self.descriptions: dict[str, dict[str, str]] = {"tunables": {}, "configurables": {}}
        self.read_at_import: dict[str, None] = {}
        self.importing = False

    def tunable(self, name: str) -> Any:
        if self.importing:
            self.read_at_import[name] = None
        return self.tunables.get(name, f"Default {name}")

    def configurable(self, name: str) -> Any:
        return self.configurables.get(name, [])

    def event(self, kind: str, data: dict[str, Any]) -> None:
        """Tell of something that happened."""

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        raise ModuleError("no model can be reached from here")

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        raise ModuleError("no model can be reached from here")

    def call_module(self, name: str, given: Any, context: Any, overrides: dict[str, Any]) -> str:
        raise NoSuchModule(f"No module found to handle action '{name}'")

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        raise ModuleError(f"The tool '{name}' cannot be reached from here.")

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        raise ModuleError("nothing can be kept from here")

    def progress(self, fraction: float | None, text: str) -> None:
        """Tell how far the run is."""

    def details(self, name: str) -> dict[str, Any] | None:
        """What another module says of itself, when it may be called."""
        return None


_current = Bridge()


def current() -> Bridge:
    return _current


def connect(bridge: Bridge) -> None:
    global _current
    _current = bridge


@contextmanager
def overridden(tunables: dict[str, Any], configurables: dict[str, Any]) -> Iterator[None]:
    """Other values for as long as this lasts."""
    bridge = _current
    before = bridge.tunables, bridge.configurables
    bridge.tunables, bridge.configurables = {**before[0], **tunables}, {**before[1], **configurables}
    try:
        yield
    finally:
        bridge.tunables, bridge.configurables = before
