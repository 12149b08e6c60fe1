"""The SDK under the name that modules were written for."""

import sys
from importlib import import_module

import xoptweb_sdk
from xoptweb_sdk import (
    Context,
    Module,
    ModuleInstance,
    XOptClient,
    call_llm,
    call_tool,
    client,
    details,
    module,
    progress,
    register,
    start,
    step,
)  # fmt: skip
from xoptweb_sdk.client import get_client

__all__ = [
    "Context", "Module", "ModuleInstance", "StepResult", "XOptClient", "call_llm", "call_tool", "client", "details",
    "get_client", "module", "progress", "register", "start", "step",
]  # fmt: skip

for _name in ("bridge", "calling", "client", "decorators", "errors", "instance", "models", "registry", "starting"):
    sys.modules[f"{__name__}.{_name}"] = import_module(f"xoptweb_sdk.{_name}")
models = xoptweb_sdk.models
registry = xoptweb_sdk.registry
__getattr__ = xoptweb_sdk.__getattr__
