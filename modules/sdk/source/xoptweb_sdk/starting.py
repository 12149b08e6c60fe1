"""Modules that a module's code starts or asks about itself."""

from __future__ import annotations

from typing import Any

from .bridge import current
from .instance import ModuleInstance, RemoteInstance
from .registry import known


def start(
    module: str, configurables: dict[str, Any] | None = None, tunables: dict[str, Any] | None = None
) -> ModuleInstance | RemoteInstance:
    """Something to call: a module of this code, or one that is installed, with the given values."""
    own = known(module) or known(module.partition("@")[0])
    if own is not None and not configurables and current().details(module) is None:
        return ModuleInstance(own, tunables=tunables)
    return RemoteInstance(module, {"tunables": tunables or {}, "configurables": configurables or {}})


def details(name: str) -> dict[str, Any] | None:
    """`{name, steps, start_step, long_description}` of a module that can be called, else None."""
    own = known(name)
    if own is None:
        return current().details(name)
    return {
        "name": own.name,
        "steps": list(own.steps),
        "start_step": own.start_step,
        "long_description": own.long_description,
    }
