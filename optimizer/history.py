"""What earlier evaluations of a campaign found."""

from typing import Any

from django.db.models import F

from optimizer.models import Campaign, Evaluation


def best_points(campaign: Campaign, count: int) -> list[dict[str, float]]:
    """Setpoints of the best feasible evaluations of all iterations, best first."""
    objective = F("objective").asc() if campaign.objective.direction == "minimize" else F("objective").desc()
    rows = Evaluation.objects.filter(
        execution__iteration__campaign=campaign,
        state=Evaluation.State.COMPLETED,
        feasible=True,
        objective__isnull=False,
    ).exclude(source=Evaluation.Source.CONFIRMATION)
    inputs: list[dict[str, Any]] = list(rows.order_by(objective, "id").values_list("inputs", flat=True)[:count])
    return [{name: float(value) for name, value in each.items()} for each in inputs]
