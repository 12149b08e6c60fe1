"""What the list of campaigns says of each."""

import pytest
from django.test import Client

from controls.models import Machine
from optimizer.models import Campaign, Evaluation, Execution, Iteration
from tests.pages.world import execute, log_in, make_campaign
from xoptweb.accounts.models import User


def said(client: Client, user: User) -> str:
    return log_in(client, user).get("/campaigns/").content.decode()


@pytest.mark.parametrize(("direction", "best"), [("minimize", "61.25"), ("maximize", "338.")])
def test_a_campaign_that_runs_says_how_far_it_came(
    client: Client, linac: Machine, olga: User, direction: str, best: str
) -> None:
    campaign = make_campaign(olga, state="executing")
    campaign.objective.direction = direction
    campaign.objective.save()
    execution = execute(campaign, 12)
    Evaluation.objects.filter(execution=execution, number=9).update(objective=1.0, feasible=False)
    Evaluation.objects.filter(execution=execution, number=10).update(objective=2.0, source="confirmation")
    assert f'data-label="best">{best}' in said(client, olga)


def test_what_was_analysed_is_what_counts(client: Client, linac: Machine, olga: User) -> None:
    campaign = make_campaign(olga, state=Campaign.State.FINISHED)
    execute(campaign, 12, state=Execution.State.ENDED)
    assert 'data-label="best">—' in said(client, olga)
    Iteration.objects.update(result={"best": {"value": 62.5}})
    assert 'data-label="best">62.5' in said(client, olga)
