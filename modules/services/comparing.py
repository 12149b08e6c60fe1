"""Two runs side by side: what went in, what came out, what it took, and where their traces part."""

import json
from dataclasses import dataclass
from itertools import islice, zip_longest
from typing import Any

from modules.models import Run
from modules.services import traces

MOST_STEPS = 500
SHOWN_KINDS = frozenset({"step", "llm_call", "module_call", "tool_call"})


@dataclass(frozen=True)
class Row:
    """One thing that two runs have, and whether it is the same."""

    name: str
    left: Any
    right: Any

    @property
    def same(self) -> bool:
        return json.dumps(self.left, sort_keys=True) == json.dumps(self.right, sort_keys=True)


@dataclass(frozen=True)
class Comparison:
    facts: list[Row]
    tunables: list[Row]
    configurables: list[Row]
    steps: list[Row]
    cut: bool

    @property
    def parted_at(self) -> int | None:
        """The first step that differs, counted from 0; None when none does."""
        return next((number for number, row in enumerate(self.steps) if not row.same), None)


def compare(left: Run, right: Run) -> Comparison:
    """The runs may be of different versions, or of different modules."""
    facts = [Row(name, a, b) for (name, a), (_, b) in zip(_facts(left), _facts(right), strict=True)]
    steps, cut_left = _steps(left)
    others, cut_right = _steps(right)
    rows = [Row(str(number), a, b) for number, (a, b) in enumerate(zip_longest(steps, others))]
    return Comparison(
        facts, _values(left, right, "tunables"), _values(left, right, "configurables"), rows, cut_left or cut_right
    )


def _facts(run: Run) -> list[tuple[str, Any]]:
    return [
        ("module", run.version.module.name),
        ("version", run.version.version),
        ("content", run.effective.get("digest", "")),
        ("project", run.project.name if run.project else ""),
        ("input", run.input),
        ("state", run.state),
        ("output", run.output),
        ("error", run.error),
        ("seconds", run.seconds),
        ("tokens in", run.tokens_in),
        ("tokens out", run.tokens_out),
        ("cost", run.cost),
        ("peak memory, MB", run.peak_memory_mb),
    ]


def _values(left: Run, right: Run, family: str) -> list[Row]:
    ours, theirs = left.effective.get(family) or {}, right.effective.get(family) or {}
    return [Row(name, ours.get(name), theirs.get(name)) for name in sorted({*ours, *theirs})]


def _steps(run: Run) -> tuple[list[dict[str, Any]], bool]:
    shown = (event for event in traces.events(run) if event.kind in SHOWN_KINDS)
    found = [_step(event.kind, event.payload) for event in islice(shown, MOST_STEPS + 1)]
    return found[:MOST_STEPS], len(found) > MOST_STEPS


def _step(kind: str, payload: dict[str, Any]) -> dict[str, Any]:
    """Without what differs by nature: times, numbers of runs."""
    return {"kind": kind} | {key: value for key, value in payload.items() if key not in ("t", "run")}
