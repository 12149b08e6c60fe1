"""What a module's run used: values, tokens, money, time; kept with the stage, as runs are forgotten earlier."""

import hashlib
import json
from typing import Any

from modules.models import Run, Tunable

DIGITS = 12


def used(run: Run | None) -> dict[str, Any]:
    """Fields of a `StageRun`."""
    if run is None:
        return {}
    return {
        "answer": run.output,
        "tunables": _tunables(run),
        "tokens_in": run.tokens_in,
        "tokens_out": run.tokens_out,
        "cost": run.cost,
        "seconds": run.seconds,
    }


def _tunables(run: Run) -> dict[str, Any]:
    """Each tunable with where its value came from, its number where people set it, and its digest."""
    from modules.services.parameters import in_force  # large, and only needed where a module has its say

    values, origins = run.effective.get("tunables", {}), run.effective.get("tunable_origins", {})
    rows = in_force(Tunable, run.version.module, [None]) if "module" in origins.values() else []
    numbers = {row.parameter.name: row.number for row in rows if not row.cleared and row.value == values.get(
        row.parameter.name)}  # fmt: skip
    return {
        name: {"from": origins.get(name, "default"), "number": numbers.get(name), "sha256": _digest(value)}
        for name, value in values.items()
    }


def _digest(value: Any) -> str:
    text = json.dumps(value, sort_keys=True, ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()[:DIGITS]
