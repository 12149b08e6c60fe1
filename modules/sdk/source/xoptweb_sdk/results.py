"""What a step answers. In a file of its own: importing Pydantic takes longer than starting Python."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel


class StepResult(BaseModel):
    """What is to be done after a step: `action` is `response`, `step_call` or `module_call`."""

    action: str
    content: Any
    module_name: str | None = None
    module_input: dict[str, Any] | None = None
