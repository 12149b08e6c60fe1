"""What a campaign has found is kept as artifacts."""

from xml.etree import ElementTree as ET

import pytest
from django.test import Client

from agents.models import Artifact
from agents.services import artifacts
from controls.models import Machine
from optimizer import export
from optimizer.models import Campaign, Evaluation
from tests.pages.world import execute, linac, log_in, make_campaign
from xoptweb.accounts.models import User
from xoptweb.actors import Actor

__all__ = ["linac"]

pytestmark = pytest.mark.django_db


@pytest.fixture
def campaign(linac: Machine, olga: User) -> Campaign:
    made = make_campaign(olga, state="executing", sentence='make <b> & "beam" smaller')
    execute(made, 12)
    return made


@pytest.mark.parametrize(("what", "kind"), [("chart", "image"), ("csv", "file"), ("yaml", "file")])
def test_chart_and_table_are_kept_for_everybody(
    client: Client, campaign: Campaign, olga: User, vera: User, what: str, kind: str
) -> None:
    answer = log_in(client, olga).post(f"/campaigns/{campaign.pk}/keep/", {"what": what})
    row = Artifact.objects.get()
    assert answer["Location"] == f"/artifacts/{row.pk}/"
    assert (row.kind, row.source, row.owner) == (kind, f"campaign:{campaign.pk}", olga)
    content = artifacts.content(artifacts.find(row.pk, by=Actor(user=vera))).decode()
    if what == "csv":
        assert content == "".join(export.csv(campaign))


def test_who_may_not_run_campaigns_keeps_nothing(client: Client, campaign: Campaign, vera: User) -> None:
    assert log_in(client, vera).post(f"/campaigns/{campaign.pk}/keep/", {"what": "chart"}).status_code == 403
    assert "keep among the artifacts" not in client.get(f"/campaigns/{campaign.pk}/").content.decode()


def test_there_is_nothing_else_to_keep(client: Client, campaign: Campaign, olga: User) -> None:
    assert log_in(client, olga).post(f"/campaigns/{campaign.pk}/keep/", {"what": "secret_key"}).status_code == 422


def test_the_chart_is_an_image_of_every_completed_evaluation(campaign: Campaign) -> None:
    drawn = ET.fromstring(export.svg(campaign))  # noqa: S314 – our own
    space = "{http://www.w3.org/2000/svg}"
    completed = Evaluation.objects.filter(state="completed", objective__isnull=False)
    feasible = completed.exclude(feasible=False).count()
    assert len(drawn.findall(f"{space}circle")) == feasible > 0
    assert any("make <b> & " in (text.text or "") for text in drawn.iter(f"{space}text"))
    Evaluation.objects.all().delete()
    assert "No evaluation was completed." in export.svg(campaign)
