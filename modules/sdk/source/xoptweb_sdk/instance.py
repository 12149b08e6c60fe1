"""A module at work: from its start step to its answer."""

from __future__ import annotations

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from .bridge import current, overridden
from .errors import ModuleError, NoSuchModule
from .models import Module, content_of, is_step_result
from .registry import known

if TYPE_CHECKING:
    from .results import StepResult

CONTINUES = "react_step"


class ModuleInstance:
    """A module with values of its own; `call` may be used again and again."""

    def __init__(
        self, module: Module, config: dict[str, Any] | None = None, *, tunables: dict[str, Any] | None = None
    ) -> None:
        self.module = module
        self.config = config or {}
        self.tunables = tunables or {}

    def call(self, input_data: Any) -> Any:
        """What the last step gives: a plain value, or a `StepResult` whose content is the answer.

        Raises:
            ModuleError: the module cannot go on.
        """
        with overridden(self.tunables, {}):
            return self._follow(self._first(input_data))

    def log_trace_event(self, event_type: str, data: dict[str, Any]) -> None:
        """For modules that tell their trace something themselves. Model calls are there already."""
        if event_type != "llm_call":
            current().event(event_type, data)

    def _first(self, given: Any) -> Any:
        self.log_trace_event("step", {"step_name": "module_call", "input": str(given), "module": self.module.name})
        if not self.module.start_step or self.module.start_step not in self.module.steps:
            raise ModuleError(f"No start step defined for module {self.module.name}")
        return self._step(self.module.start_step, given)

    def _follow(self, result: Any) -> Any:
        for _ in range(current().transitions):
            action = result.action if is_step_result(result) else "response"
            if action == "response":
                return result
            if action == "step_call":
                result = self._step(result.module_name, result.module_input)
            elif action == "module_call":
                result = self._module(result)
            elif action == "error":
                raise ModuleError(str(result.content))
            else:
                raise ModuleError(f"A step of {self.module.name} asks for '{action}', which nobody understands.")
        if not is_step_result(result) or result.action == "response":
            return result
        raise ModuleError(
            f"{self.module.name} goes from step to step without an answer: stopped after {current().transitions}."
        )

    def _step(self, name: str | None, given: Any) -> Any:
        info = self.module.steps.get(name or "")
        if info is None:
            raise ModuleError(f"Step '{name}' not found in module {self.module.name}")
        self.log_trace_event("step", {"step_name": name, "input": str(given), "module": self.module.name})
        began = time.monotonic()
        with self._traced(info["function"]):
            result = info["function"](given)
        self.log_trace_event(
            "step_result",
            {
                "step_name": f"{name}_result",
                "output": str(content_of(result)),
                "action": result.action if is_step_result(result) else None,
                "seconds": round(time.monotonic() - began, 6),
            },
        )
        return result

    def _module(self, result: StepResult) -> StepResult:
        from .results import StepResult

        given = result.module_input or {}
        name = str(result.module_name)
        try:
            text = self._called(name, given.get("input", given))
        except NoSuchModule:
            return StepResult(action="response", content=f"No module found to handle action '{name}'")
        if "context" not in given:
            return StepResult(action="response", content=text)
        carried = {"context": given["context"], "previous_action_result": text}
        return StepResult(action="step_call", content="", module_name=CONTINUES, module_input=carried)

    def _called(self, name: str, given: Any) -> str:
        """An installed module runs in its own environment; one that only this code makes known runs here."""
        own = known(name)
        if own is None or current().details(name) is not None:
            return current().call_module(name, given, None, {})
        self.log_trace_event("module_call", {"action": name, "target_module": own.name, "input": str(given)})
        answer = ModuleInstance(own).call(given)
        text = str(content_of(answer))
        self.log_trace_event("module_result", {"action": f"{name}_result", "output": text})
        return text

    @contextmanager
    def _traced(self, function: Any) -> Iterator[None]:
        """Give the step's code this instance where it looks for it."""
        place: Any = sys.modules.get(getattr(function, "__module__", None) or "")
        if place is None or not hasattr(place, "_current_trace_instance"):
            yield
            return
        before = place._current_trace_instance
        place._current_trace_instance = self
        try:
            yield
        finally:
            place._current_trace_instance = before


class RemoteInstance:
    """A module that is installed, in its own environment, with the given values."""

    def __init__(self, name: str, overrides: dict[str, Any]) -> None:
        self.name = name
        self.overrides = overrides

    def call(self, input_data: Any) -> StepResult:
        """The module's answer as text, in the form that an own module's answer has."""
        from .results import StepResult

        text = current().call_module(self.name, input_data, None, self.overrides)
        return StepResult(action="response", content=text)
