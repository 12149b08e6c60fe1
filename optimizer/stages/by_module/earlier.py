"""What earlier iterations of a campaign did and found, as modules are told it."""

from typing import Any

from optimizer.models import Iteration, Stage, StageRecord

KEPT = (
    "text",
    "baseline",
    "best",
    "improvement",
    "noise",
    "convergence",
    "at_bounds",
    "evaluations",
    "recommendations",
)


def iterations(iteration: Iteration) -> list[dict[str, Any]]:
    """Oldest first."""
    rows = Iteration.objects.filter(campaign=iteration.campaign_id, number__lt=iteration.number)
    return [_entry(row) for row in rows.order_by("number").prefetch_related("stages")]


def _entry(row: Iteration) -> dict[str, Any]:
    configuration, result = row.configuration or {}, row.result or {}
    ranges = {name: [one["low"], one["high"]] for name, one in configuration.get("variables", {}).items()}
    return {
        "iteration": row.number,
        "strategy": row.strategy,
        "generator": configuration.get("generator"),
        "ranges": ranges,
        "changes_requested": row.changes_requested,
        "result": {name: result[name] for name in KEPT if name in result},
        "reasons": {
            str(record.stage): record.reasoning
            for record in row.stages.all()
            if record.state == StageRecord.State.DONE and record.stage in {Stage.DECISION, Stage.CONFIGURATION}
        },
    }
