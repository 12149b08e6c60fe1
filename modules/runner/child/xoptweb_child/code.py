"""The module's own code: imported once, with its values in place."""

from __future__ import annotations

import importlib.util
import os
import re
import sys
from typing import Any

from xoptweb_child.bridge import Connected
from xoptweb_sdk.models import Module
from xoptweb_sdk.registry import find


def load(bridge: Connected, source: str, code_file: str, names: list[str]) -> Module:
    """Raises whatever the code raises at import, and ModuleError when it registers nothing of the names."""
    sys.path.insert(0, source)
    bridge.importing = True
    try:
        _import(os.path.join(source, code_file))
        return find(*names)
    finally:
        bridge.importing = False


def describe(module: Module, bridge: Connected) -> dict[str, Any]:
    """What is known about the module once its code is there."""
    return {
        "name": module.name,
        "version": module.version,
        "description": str(module.description or ""),
        "long_description": str(module.long_description or ""),
        "steps": list(module.steps),
        "start_step": module.start_step,
        "tunables": _values(bridge.descriptions["tunables"], bridge.tunables),
        "configurables": _values(bridge.descriptions["configurables"], bridge.configurables),
        "read_at_import": list(bridge.read_at_import),
    }


def _values(declared: dict[str, str], given: dict[str, Any]) -> list[dict[str, Any]]:
    names = [*given, *(name for name in declared if name not in given)]
    return [
        {
            "name": name,
            "description": str(declared.get(name, "")),
            "default": given.get(name),
            "declared": name in declared,
        }
        for name in names
    ]


def _import(path: str) -> None:
    """Under the file's own name, as if another file of the module had imported it."""
    stem, folder = os.path.splitext(os.path.basename(path))[0], None
    if stem == "__init__":
        folder = [os.path.dirname(path)]
        stem = "module_package"
    name = re.sub(r"\W", "_", stem)
    if name in sys.modules or name in sys.stdlib_module_names:
        name = f"module_{name}"
    spec = importlib.util.spec_from_file_location(name, path, submodule_search_locations=folder)
    if spec is None or spec.loader is None:
        raise ImportError(f"{path} cannot be imported")
    made = importlib.util.module_from_spec(spec)
    sys.modules[name] = made
    spec.loader.exec_module(made)
