"""The modules that the imported code makes known."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .errors import ModuleError
from .models import Module

modules: dict[str, Module] = {}
_offered: list[Callable[[], Any]] = []


def register(factory: Callable[[], Module]) -> Module:
    """Make the factory's module known under its name, with and without its version."""
    made = factory() if callable(factory) else factory
    if not isinstance(made, Module):
        raise ModuleError(f"{getattr(factory, '__name__', factory)!s} does not give a Module.")
    modules[made.name] = modules[made.versioned_name] = modules[f"{made.name}@{made.version}"] = made
    return made


def offer(factory: Callable[[], Any]) -> None:
    """Remember a factory that is marked, in case that nothing is registered."""
    _offered.append(factory)


def find(*names: str) -> Module:
    """The first module that is known under one of the names, or the only one there is.

    Raises:
        ModuleError: the code makes none known, or several of other names.
    """
    if not modules and len(_offered) == 1:
        register(_offered[0])
    for name in names:
        if name in modules:
            return modules[name]
    distinct = {id(made): made for made in modules.values()}
    if len(distinct) == 1:
        return next(iter(distinct.values()))
    if not distinct:
        raise ModuleError("The code registers no module: end it with xopt.register(factory).")
    raise ModuleError(f"The code registers {', '.join(sorted(m.name for m in distinct.values()))}, but not {names[0]}.")


def known(name: str) -> Module | None:
    return modules.get(name)
