"""Tunables and configurables, as the module's code asks for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .bridge import current
from .calling import artifact


class XOptClient:
    """The values that the module runs with."""

    @property
    def config(self) -> dict[str, Any]:
        """All values in the form of a legacy `xopt.yaml`."""
        bridge = current()
        values = {"tunables": bridge.tunables, "configurables": bridge.configurables}
        return {f"{bridge.name}@{bridge.version}": values}

    def tunable(self, name: str, description: str = "") -> Callable[[], Any]:
        """A function that gives the value at the time when it is called."""
        current().descriptions["tunables"].setdefault(name, description)

        def value() -> Any:
            return current().tunable(name)

        value.__name__ = name
        return value

    def configurable(self, name: str, description: str = "") -> Any:
        """The value, read now."""
        current().descriptions["configurables"].setdefault(name, description)
        return current().configurable(name)

    def artifact(self, title: str, content: bytes | str, kind: str = "", name: str = "") -> dict[str, Any]:
        """As `xopt.artifact`."""
        return artifact(title, content, kind, name)


_client: XOptClient | None = None


def client() -> XOptClient:
    global _client
    if _client is None:
        _client = XOptClient()
    return _client


get_client = client
