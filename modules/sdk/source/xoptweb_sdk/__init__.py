"""What a module's code imports, as `xopt` or as `xoptweb_sdk`."""

from typing import TYPE_CHECKING, Any

from .calling import artifact, call_llm, call_tool, progress
from .client import XOptClient, client
from .conversing import chat, converse
from .decorators import module, step
from .instance import ModuleInstance
from .models import Context, Module
from .registry import register
from .starting import details, start

if TYPE_CHECKING:
    from .results import StepResult

__all__ = [
    "Context",
    "Module",
    "ModuleInstance",
    "StepResult",
    "XOptClient",
    "artifact",
    "call_llm",
    "call_tool",
    "chat",
    "client",
    "converse",
    "details",
    "module",
    "progress",
    "register",
    "start",
    "step",
]


def __getattr__(name: str) -> Any:
    """`StepResult`, imported by who asks for it."""
    if name == "StepResult":
        from .results import StepResult

        return StepResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
