"""A new installation is started once: only what runs replaces what ran."""

from pathlib import Path
from typing import Any

from modules.installer.errors import InstallError
from modules.installer.uv import Say
from modules.runner import Failed, Pool, Refused, Spec


class _NothingYet:
    """What a module may ask for while it is being installed: nothing. What it prints goes into the log."""

    def __init__(self, say: Say) -> None:
        self._say = say

    def event(self, kind: str, data: dict[str, Any]) -> None:
        if kind == "print":
            self._say(str(data["text"]))

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        raise Refused("A module cannot call models while it is being installed.")

    def call_module(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        raise Refused("A module cannot call modules while it is being installed.")

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        raise Refused("A module cannot call tools while it is being installed.")

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        raise Refused("A module cannot keep anything while it is being installed.")

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        raise Refused("A module cannot ask a model while it is being installed.")

    def progress(self, fraction: float | None, text: str) -> None:
        self._say(text)


def described(spec: Spec, say: Say, *, writable: tuple[Path, ...] = ()) -> dict[str, Any]:
    """What the module says of itself. Byte code goes below `writable`, which must be the module's own.

    Raises:
        InstallError: it does not start, or has no step to begin with; with the traceback.
    """
    pool = Pool()
    try:
        description = pool.describe(spec, _NothingYet(say), writable=writable)
    except Failed as failed:
        for line in failed.traceback.splitlines():
            say(line)
        raise InstallError(failed.message, code="does_not_start") from None
    finally:
        pool.close()
    if description["start_step"] not in description["steps"]:
        raise InstallError(
            f"{spec.name} has no step to begin with: its code must call set_start_step with one of"
            f" {', '.join(description['steps']) or 'its steps'}.",
            code="does_not_start",
        )
    return description
