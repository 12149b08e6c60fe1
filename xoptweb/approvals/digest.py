"""The hash that binds an approval to what was shown."""

import hashlib
import json
from typing import Any

from xoptweb.errors import Invalid

EXACT = 2**53  # integers up to here are floats exactly


def of(content: Any, envelope: Any) -> str:
    """SHA-256 of both as canonical JSON: keys sorted, no spaces, numbers as `repr` writes them.

    It survives storage: a database may give back 1e+22 as an integer and -0.0 as 0.0.

    Raises:
        Invalid: a number in it is not finite, or something in it has no JSON form.
    """
    try:
        text = json.dumps(_canonical([content, envelope]), sort_keys=True, separators=(",", ":"), allow_nan=False)
    except (TypeError, ValueError) as problem:
        raise Invalid(f"This can't be approved: {problem}.", code="not_canonical") from problem
    return hashlib.sha256(text.encode()).hexdigest()


def _canonical(value: Any) -> Any:
    if isinstance(value, bool) or value is None or isinstance(value, str):
        return value
    if isinstance(value, int):
        return value if abs(value) <= EXACT else float(value)
    if isinstance(value, float):
        return value + 0.0  # no negative zero
    if isinstance(value, dict):
        return {str(key): _canonical(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_canonical(item) for item in value]
    raise TypeError(f"{type(value).__name__} has no JSON form")
