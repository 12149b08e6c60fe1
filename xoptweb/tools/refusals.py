"""What went wrong with a call, as it is told: no longer than anybody reads, for tools repeat what they were given."""

from collections.abc import Mapping
from typing import Any

LONGEST_MESSAGE = 2000  # characters
LONGEST_REASON = 300
LONGEST_NAME = 100
MOST_FIELDS = 20
MORE = "…"


def told(message: str, fields: Mapping[str, str] | None = None) -> dict[str, Any]:
    """The result of a call that failed: `error` and, for wrong arguments, `fields`."""
    return {"error": short(message), **({"fields": bounded(fields)} if fields else {})}


def bounded(fields: Mapping[str, str]) -> dict[str, str]:
    """The first of them, and how many more there are."""
    first = list(fields.items())[:MOST_FIELDS]
    kept = {short(name, LONGEST_NAME): short(reason, LONGEST_REASON) for name, reason in first}
    return kept | ({MORE: f"and {len(fields) - len(first)} more"} if len(fields) > len(first) else {})


def short(text: str, longest: int = LONGEST_MESSAGE) -> str:
    return text if len(text) <= longest else f"{text[: longest - 1]}…"
