"""Pages ask the same number of queries however much there is. The benchmark tells the time they take."""

import copy

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from controls.models import Machine
from optimizer.models import Campaign
from tests.pages.world import ask_approval, execute, log_in, make_campaign
from xoptweb.accounts.models import User
from xoptweb.audit.models import Entry


def queries(client: Client, page: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(page).status_code == 200
    return len(captured)


@pytest.fixture
def visitor(client: Client, linac: Machine, peter: User) -> Client:
    return log_in(client, peter)


def test_the_list_of_campaigns_costs_the_same_for_one_and_for_hundreds(visitor: Client, olga: User) -> None:
    execute(make_campaign(olga), 3)
    one = queries(visitor, "/campaigns/")
    campaign = Campaign.objects.get()
    Campaign.objects.bulk_create([_copy(campaign, number) for number in range(300)])
    assert queries(visitor, "/campaigns/") == one
    assert queries(visitor, "/campaigns/?search=beam&state=active&page=3") <= one
    assert one <= 22


def _copy(campaign: Campaign, number: int) -> Campaign:
    other = copy.copy(campaign)
    other.pk, other.idempotency_key = None, f"copy {number}"
    return other


def test_a_campaign_costs_the_same_with_few_and_with_many_evaluations(visitor: Client, olga: User) -> None:
    few, many = make_campaign(olga, state="executing"), make_campaign(olga, state="executing")
    execute(few, 3)
    execute(many, 10_000)
    counts = {page: queries(visitor, page.format(few.pk)) for page in PAGES}
    assert {page: queries(visitor, page.format(many.pk)) for page in PAGES} == counts
    assert counts["/campaigns/{}/"] <= 32


PAGES = ("/campaigns/{}/", "/campaigns/{}/?part=side", "/campaigns/{}/?part=evaluations", "/campaigns/{}/chart.json")


def test_queue_and_audit_cost_the_same_for_one_and_for_many(visitor: Client, olga: User) -> None:
    campaign = make_campaign(olga)
    ask_approval(campaign)
    counts = [queries(visitor, page) for page in ("/approvals/", "/audit/")]
    for _ in range(30):
        ask_approval(campaign)
    Entry.objects.bulk_create([Entry(who="olga", via="web", action="nothing.happened") for _ in range(300)])
    assert [queries(visitor, page) for page in ("/approvals/", "/audit/")] == counts
