"""Reads the IOC's own log of puts, from outside the IOC."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Put:
    """One put that reached the IOC: what was asked for, before the IOC clipped or refused it."""

    t: float  # epoch, seconds
    mono: float  # monotonic clock of this host, seconds
    name: str  # without the IOC's prefix
    value: Any


def read(path: Path, prefix: str = "") -> list[Put]:
    """All puts so far, in the order in which they reached the IOC."""
    if not path.exists():
        return []
    lines = path.read_text(encoding="utf-8").splitlines(keepends=True)
    entries = [json.loads(line) for line in lines if line.endswith("\n")]  # a killed IOC may leave half a line
    return [Put(entry["t"], entry["mono"], entry["name"].removeprefix(prefix), entry["value"]) for entry in entries]
