"""Any value of a module as JSON can carry it; what it cannot carry goes as text."""

from __future__ import annotations

import math
from typing import Any

DEPTH = 40


def plain(value: Any, depth: int = 0) -> Any:
    if value is None or isinstance(value, str | bool | int):
        return _scalar(value)
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else str(value)
    if depth > DEPTH:
        return str(value)
    if isinstance(value, dict):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item, depth + 1) for item in value]
    return _other(value, depth)


def _scalar(value: Any) -> Any:
    """Subclasses (enums, NumPy's text) as what they are at heart."""
    for kind in (str, bool, int):
        if isinstance(value, kind):
            return value if type(value) is kind else kind(getattr(value, "value", value))
    return None


def _other(value: Any, depth: int) -> Any:
    for method in ("model_dump", "tolist", "item"):  # Pydantic; arrays; NumPy's numbers
        make = getattr(value, method, None)
        if callable(make) and not isinstance(value, type):
            try:
                return plain(make(), depth + 1)
            except Exception:  # noqa: BLE001, S112 – then it goes as text
                continue
    return str(value)
