"""What a module is made of: steps, their results, and what a result carries on."""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Callable, TypeVar  # noqa: UP035 – modules run on older Pythons

if TYPE_CHECKING:
    pass

Step = TypeVar("Step", bound=Callable[..., Any])


def __getattr__(name: str) -> Any:
    """`StepResult`, imported by who asks for it."""
    if name == "StepResult":
        from .results import StepResult

        return StepResult
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def content_of(result: Any) -> Any:
    """What a step answered, without its wrapping."""
    return result.content if is_step_result(result) else result


def is_step_result(result: Any) -> bool:
    """Where nothing has imported `StepResult`, nothing is one."""
    results = sys.modules.get(f"{__package__}.results")
    return results is not None and isinstance(result, results.StepResult)


class Context(ABC):
    """What a chain of steps remembers."""

    @abstractmethod
    def get_context(self, text: str | None = None) -> str:
        """All of it as text, with `text` at its end when there is some."""


class Module:
    """Named steps, and the one to begin with."""

    def __init__(
        self,
        name: str,
        version: str,
        description: str,
        long_description: str = "",
        tunables: list[Any] | None = None,
        configurables: list[Any] | None = None,
    ) -> None:
        self.name = name
        self.version = version
        self.description = description
        self.long_description = long_description
        self.tunables = tunables or []
        self.configurables = configurables or []
        self.steps: dict[str, dict[str, Any]] = {}
        self.start_step: str | None = None

    @property
    def versioned_name(self) -> str:
        return f"{self.name}:{self.version}"

    def register(self, name: str, step: Callable[..., Any], input_type: Any = None, output_type: Any = None) -> None:
        self.steps[name] = {"function": step, "input_type": input_type, "output_type": output_type}

    def set_start_step(self, name: str) -> None:
        self.start_step = name

    def step(self, function: Step) -> Step:
        """Decorator: the function becomes a step under its own name."""
        self.register(function.__name__, function, str, type(None))
        return function
