"""Values that a package's author wrote: made plain, so that JSON carries them unchanged."""

import datetime as dt
import math
from typing import Any

from modules.package.errors import PackageError
from modules.package.names import shown

VALUES = 100_000
DEPTH = 50


def plain(values: object, field: str) -> dict[str, Any]:
    """A mapping with text keys and JSON values; nothing stands for the empty mapping. Dates become text.

    Raises:
        PackageError: it is not such a mapping, or larger than any configuration is, counting repeated aliases.
    """
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise PackageError(f"{field} is a mapping of names to values, not {shown(values)}.", field)
    made: dict[str, Any] = _Plain(field).value(values, field, 0)
    return made


class _Plain:
    def __init__(self, field: str) -> None:
        self.field = field
        self.seen = 0

    def value(self, value: object, where: str, depth: int) -> Any:
        self.seen += 1
        if self.seen > VALUES or depth > DEPTH:
            raise PackageError(f"{self.field} has more than {VALUES} values or {DEPTH} levels.", self.field)
        if isinstance(value, dict):
            return {self.key(key, where): self.value(item, f"{where}.{key}", depth + 1) for key, item in value.items()}
        if isinstance(value, list | tuple):
            return [self.value(item, f"{where}[{index}]", depth + 1) for index, item in enumerate(value)]
        return self.scalar(value, where)

    def key(self, key: object, where: str) -> str:
        if not isinstance(key, str):
            raise PackageError(f"{where}: the name {shown(key)} is not text; write it in quotation marks.", self.field)
        return key

    def scalar(self, value: object, where: str) -> Any:
        if isinstance(value, float) and not math.isfinite(value):
            raise PackageError(f"{where}: {value} is not a number that can be stored.", self.field)
        if value is None or isinstance(value, str | bool | int | float):
            return value
        if isinstance(value, dt.date | dt.datetime | dt.time):
            return value.isoformat()
        raise PackageError(f"{where}: a value of type {type(value).__name__} cannot be used.", self.field)
