"""The SDK under the name that modules were written for."""

import sys
from importlib import import_module

import xoptweb_sdk
from xoptweb_sdk import (
    Context,
    Module,
    ModuleInstance,
    XOptClient,
    artifact,
    call_llm,
    call_tool,
    chat,
    client,
    converse,
    details,
    module,
    progress,
    register,
    start,
    step,
)  # fmt: skip
from xoptweb_sdk.client import get_client

__all__ = [
    "Context", "Module", "ModuleInstance", "StepResult", "XOptClient", "artifact", "call_llm", "call_tool", "chat",
    "client", "converse", "details", "get_client", "module", "progress", "register", "start", "step",
]  # fmt: skip

for _name in (
    "bridge", "calling", "client", "conversing", "decorators", "errors", "instance", "models", "registry", "starting",
):  # fmt: skip
    sys.modules[f"{__name__}.{_name}"] = import_module(f"xoptweb_sdk.{_name}")
models = xoptweb_sdk.models
registry = xoptweb_sdk.registry
__getattr__ = xoptweb_sdk.__getattr__
