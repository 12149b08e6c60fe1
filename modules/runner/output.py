"""What a module prints, as events of whole lines."""

from collections.abc import Callable
from typing import Any

LONGEST = 8_000  # bytes of one event


class Printed:
    """Collects one of the two streams of a process."""

    def __init__(self, stream: str, event: Callable[[str, dict[str, Any]], None]) -> None:
        self._stream, self._event = stream, event
        self._open = b""

    def add(self, chunk: bytes) -> None:
        whole, newline, rest = (self._open + chunk).rpartition(b"\n")
        self._open = rest
        if newline:
            self._tell(whole + newline)
        while len(self._open) > LONGEST:
            self._tell(self._open[:LONGEST])
            self._open = self._open[LONGEST:]

    def end(self) -> None:
        """A last line that no newline ended."""
        if self._open:
            self._tell(self._open)
            self._open = b""

    def _tell(self, text: bytes) -> None:
        for start in range(0, len(text), LONGEST):
            part = text[start : start + LONGEST].decode(errors="replace")
            self._event("print", {"stream": self._stream, "text": part.removesuffix("\n")})
