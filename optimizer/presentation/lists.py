"""Campaigns in a list: each with its state, what it improves, and how far it came, in a fixed number of queries."""

from collections.abc import Sequence
from dataclasses import dataclass

from django.db.models import Count, Q

from optimizer.models import Campaign, Evaluation, Iteration
from optimizer.presentation.words import IN_FLIGHT, Pill, campaign_pill
from optimizer.sentence import spoken
from xoptweb.web.values import number, units


@dataclass(frozen=True)
class ListRow:
    """`result` is the analysis' best in words; empty while there is none."""

    campaign: Campaign
    pill: Pill
    goal: str
    iteration: str
    evaluations: int
    result: str
    stays: str


def list_rows(campaigns: Sequence[Campaign]) -> list[ListRow]:
    """Two queries, however many campaigns: their last iterations and their numbers of evaluations.

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
    return [_row(campaign, last.get(campaign.pk), counted.get(campaign.pk, 0)) for campaign in campaigns]


def _row(campaign: Campaign, iteration: Iteration | None, evaluations: int) -> ListRow:
    goal = campaign.objective
    return ListRow(
        campaign=campaign,
        pill=campaign_pill(campaign),
        goal=f"{goal.get_direction_display()} {spoken(goal.name)}",
        iteration=f"{iteration.number} of {campaign.iterations_max}"
        if iteration
        else f"0 of {campaign.iterations_max}",
        evaluations=evaluations,
        result=_result(iteration, units(goal.units)),
        stays="" if campaign.state in Campaign.ACTIVE else str(Campaign.Final(campaign.final).label),
    )


def _result(iteration: Iteration | None, unit: str) -> str:
    result = iteration.result if iteration else None
    best = result.get("best") if isinstance(result, dict) else None
    value = best.get("value", best.get("objective")) if isinstance(best, dict) else None
    return f"{number(value)} {unit}".strip() if isinstance(value, int | float) else ""
