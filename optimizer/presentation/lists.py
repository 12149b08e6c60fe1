"""Campaigns in a list: each with its state, what it improves, and how far it came, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Max, Min, Q

from optimizer.models import Campaign, Evaluation, Execution, Iteration
from optimizer.presentation.words import IN_FLIGHT, Pill, campaign_pill
from optimizer.sentence import spoken
from xoptweb.web.values import number, units


@dataclass(frozen=True)
class ListRow:
    """`result` is the analysis' best in words, before it the best so far; empty while there is none."""

    campaign: Campaign
    pill: Pill
    goal: str
    iteration: str
    evaluations: int
    result: str
    stays: str


def list_rows(campaigns: Sequence[Campaign]) -> list[ListRow]:
    """Three queries, however many campaigns: last iterations, numbers of evaluations, and the best of those that run.

    `objective`, `environment` and `requested_by` must be at hand.
    """
    ids = [campaign.pk for campaign in campaigns]
    last: dict[int, Iteration] = {}
    for iteration in Iteration.objects.filter(campaign__in=ids).order_by("number").defer("configuration"):
        last[iteration.campaign_id] = iteration
    counted = dict(
        Evaluation.objects.filter(execution__iteration__campaign__in=ids)
        .values_list("execution__iteration__campaign")
        .annotate(made=Count("pk", filter=~Q(state__in=IN_FLIGHT) & ~Q(source=Evaluation.Source.CONFIRMATION)))
    )
    best = _best_so_far(campaigns)
    return [_row(one, last.get(one.pk), counted.get(one.pk, 0), best.get(one.pk)) for one in campaigns]


def _best_so_far(campaigns: Sequence[Campaign]) -> dict[int, float]:
    """Best feasible objective of each execution that is not over; confirming measurements do not compete."""
    direction = {campaign.pk: campaign.objective.direction for campaign in campaigns}
    rows = Evaluation.objects.filter(
        execution__iteration__campaign__in=direction, state=Evaluation.State.COMPLETED, feasible=True
    )
    rows = rows.exclude(execution__state=Execution.State.ENDED).exclude(source=Evaluation.Source.CONFIRMATION)
    extremes = rows.values_list("execution__iteration__campaign").annotate(Min("objective"), Max("objective"))
    return {
        campaign: low if direction[campaign] == "minimize" else high
        for campaign, low, high in extremes
        if low is not None
    }


def _row(campaign: Campaign, iteration: Iteration | None, evaluations: int, so_far: float | None) -> ListRow:
    goal = campaign.objective
    return ListRow(
        campaign=campaign,
        pill=campaign_pill(campaign),
        goal=f"{goal.get_direction_display()} {spoken(goal.name)}",
        iteration=f"{iteration.number} of {campaign.iterations_max}"
        if iteration
        else f"0 of {campaign.iterations_max}",
        evaluations=evaluations,
        result=_result(iteration, so_far, units(goal.units)),
        stays="" if campaign.state in Campaign.ACTIVE else str(Campaign.Final(campaign.final).label),
    )


def _result(iteration: Iteration | None, so_far: float | None, unit: str) -> str:
    result = iteration.result if iteration else None
    best = result.get("best") if isinstance(result, dict) else None
    value = best.get("value", best.get("objective")) if isinstance(best, dict) else so_far
    return f"{number(value)} {unit}".strip() if isinstance(value, int | float) else ""
