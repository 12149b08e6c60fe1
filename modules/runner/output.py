"""What a module prints, as events of whole lines."""

import time
from collections.abc import Callable, Mapping
from typing import Any

LONGEST = 8_000  # bytes of one event
PATIENCE_S = 1.0  # with a line that does not end
NEWLINE = "\n"


def text_of(data: Mapping[str, Any]) -> str:
    """What the event `print` stands for, with the newline at its end where the module printed one."""
    return f"{data.get('text', '')}{'' if data.get('open') else NEWLINE}"


class Printed:
    """Collects one of the two streams of a process."""

    def __init__(self, stream: str, event: Callable[[str, dict[str, Any]], None]) -> None:
        self._stream, self._event = stream, event
        self._open = b""
        self._open_since = 0.0

    def add(self, chunk: bytes) -> None:
        whole, newline, rest = (self._open + chunk).rpartition(b"\n")
        if newline or not self._open:
            self._open_since = time.monotonic()
        self._open = rest
        if newline:
            self._tell(whole + newline)
        while len(self._open) > LONGEST:
            self._tell(self._open[:LONGEST])
            self._open = self._open[LONGEST:]

    @property
    def patience_s(self) -> float | None:
        """How long the beginning of a line may still wait for its end; None when there is none."""
        return max(0.0, self._open_since + PATIENCE_S - time.monotonic()) if self._open else None

    def tell_beginning(self) -> None:
        """The beginning of a line that waited too long for its end, as a progress bar is."""
        if self.patience_s == 0.0:
            self.end()

    def end(self) -> None:
        """A last line that no newline ended."""
        if self._open:
            self._tell(self._open)
            self._open = b""

    def _tell(self, text: bytes) -> None:
        for start in range(0, len(text), LONGEST):
            part = text[start : start + LONGEST].decode(errors="replace")
            unended = {} if part.endswith(NEWLINE) else {"open": True}
            self._event("print", {"stream": self._stream, "text": part.removesuffix(NEWLINE), **unended})
