"""The present entries of one topic, shared by all clients of a process that follow it."""

import time
from collections.abc import Mapping
from typing import Any

SETTLED_S = 0.5  # a reading of the source may be older than an entry that a message changed less than this ago


class Board:
    """Entry name → newest value. Does no input or output itself."""

    def __init__(self, topic: str) -> None:
        self.topic = topic
        self.values: dict[str, Any] = {}
        self._told_at: dict[str, float] = {}

    def tell(self, values: Mapping[str, Any]) -> dict[str, Any]:
        """Take a message; the entries that differ from what was here."""
        now = time.monotonic()
        self._told_at.update(dict.fromkeys(values, now))
        return self._change(values)

    def correct(self, values: Mapping[str, Any], read_at: float) -> dict[str, Any]:
        """Take what the source said at monotonic time `read_at`; the entries that a lost message had left old."""
        oldest = read_at - SETTLED_S
        return self._change({name: v for name, v in values.items() if self._told_at.get(name, float("-inf")) < oldest})

    def _change(self, values: Mapping[str, Any]) -> dict[str, Any]:
        changed = {
            name: value for name, value in values.items() if name not in self.values or self.values[name] != value
        }
        self.values.update(changed)
        return changed
