"""What an interpreter may ask for, which is nothing but its files; and what it printed."""

from base64 import b64encode
from collections.abc import Mapping
from typing import Any

from modules.runner.host import NoSuchModule, Refused
from modules.runner.output import text_of

BEGINNING, ENDING = 6000, 4000  # characters of what was printed that are kept


class Listener:
    """A host (`modules.runner.Host`) that hands out files and keeps the beginning and the end of what is printed."""

    def __init__(self, files: Mapping[str, bytes]) -> None:
        self._files = files
        self._beginning, self._ending, self._characters = "", "", 0

    @property
    def printed(self) -> str:
        left_out = self._characters - len(self._beginning) - len(self._ending)
        between = f"\n… {left_out} characters left out …\n" if left_out > 0 else ""
        return f"{self._beginning}{between}{self._ending}"

    def event(self, kind: str, data: dict[str, Any]) -> None:
        if kind != "print":
            return
        text = text_of(data)
        self._characters += len(text)
        room = BEGINNING - len(self._beginning)
        self._beginning += text[:room]
        self._ending = (self._ending + text[room:])[-ENDING:] if len(text) > room else self._ending

    def call_tool(self, name: str, arguments: dict[str, Any]) -> Any:
        if name not in self._files:
            raise Refused(f"There is no file {name[:120]}.")
        return b64encode(self._files[name]).decode()

    def call_llm(self, request: dict[str, Any]) -> dict[str, Any]:
        raise Refused("Nobody is asked from here.")

    def chat(self, request: dict[str, Any]) -> dict[str, Any]:
        raise Refused("Nobody is asked from here.")

    def call_module(
        self, name: str, given: Any, context: Any, *, tunables: dict[str, Any], configurables: dict[str, Any]
    ) -> str:
        raise NoSuchModule("No module is called from here.")

    def artifact(self, given: dict[str, Any]) -> dict[str, Any]:
        raise Refused("Nothing is kept from here.")

    def progress(self, fraction: float | None, text: str) -> None:
        """Nobody looks."""
