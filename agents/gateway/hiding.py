"""An endpoint's key, taken out of whatever the endpoint says."""

from typing import Any

HIDDEN = "•••"
SHORTEST = 4  # characters; what is shorter is no key, and stands in every other word


def without(text: str, key: str) -> str:
    return text.replace(key, HIDDEN) if len(key) >= SHORTEST else text


def without_anywhere(value: Any, key: str) -> Any:
    """A JSON value without the key, in names and in values."""
    if isinstance(value, str):
        return without(value, key)
    if isinstance(value, dict):
        return {without(name, key): without_anywhere(each, key) for name, each in value.items()}
    return [without_anywhere(each, key) for each in value] if isinstance(value, list) else value


class Stream:
    """A text that comes in pieces, which may divide the key: what may be its beginning waits for the next one."""

    def __init__(self, key: str) -> None:
        self._key, self._held = key, ""

    def add(self, piece: str) -> str:
        """What may be shown by now."""
        text = without(self._held + piece, self._key)
        longest = min(len(self._key) - 1, len(text)) if len(self._key) >= SHORTEST else 0
        held = next((size for size in range(longest, 0, -1) if text.endswith(self._key[:size])), 0)
        shown = len(text) - held
        self._held = text[shown:]
        return text[:shown]

    def rest(self) -> str:
        """What waits, when the text has ended."""
        held, self._held = self._held, ""
        return held
