"""Values as JSON that every database takes: finite numbers, whole characters, no NUL."""

import dataclasses
import json
import math
import re
from collections.abc import Mapping
from typing import Any

from django.core.serializers.json import DjangoJSONEncoder
from pydantic import BaseModel

NUL = "\x00"
REPLACED = "\ufffd"
SURROGATE = re.compile("[\ud800-\udfff]")


def plain(value: Any) -> Any:  # noqa: PLR0911 - one for each kind of value
    """`value` as dicts, lists, strings, finite numbers, booleans and None, with nothing shared with the original.

    JSON has no NaN and no infinities: they become None. No database stores half a character (a lone surrogate), and
    PostgreSQL no NUL: each becomes U+FFFD.

    Raises:
        TypeError: something in it has no JSON form.
    """
    if value is None or type(value) in (bool, int):
        return value
    if isinstance(value, float):
        return float(value) if math.isfinite(value) else None
    if type(value) is str:
        return storable(value)
    if isinstance(value, Mapping):
        return {_key(key): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, BaseModel):
        return plain(value.model_dump())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    return plain(json.loads(json.dumps(value, cls=DjangoJSONEncoder)))


def _key(key: Any) -> str:
    return storable(str(key))


def storable(text: str) -> str:
    """`text` with U+FFFD in the place of what no database stores."""
    text = text.replace(NUL, REPLACED)
    return text if text.isascii() else SURROGATE.sub(REPLACED, text)
