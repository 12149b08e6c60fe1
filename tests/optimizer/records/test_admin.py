"""Environments are edited in the admin by those who may; campaigns are only read there."""

from typing import Any

import pytest
from django.test import Client

from optimizer.models import Campaign, Environment, Variable
from tests.optimizer.world import request
from xoptweb.accounts.models import User
from xoptweb.audit.models import Entry

PARTS = ("variables", "observables", "formulas", "objectives", "constraints", "criteria", "guards", "documents")


def logged_in(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def form_of(environment: Environment, **changes: Any) -> dict[str, Any]:
    """What the page's form would post, with its first variable changed."""
    rows = list(environment.variables.all())
    data: dict[str, Any] = {
        "machine": environment.machine_id, "slug": environment.slug, "name": environment.name, "description": "",
    }  # fmt: skip
    for part in PARTS:
        data |= {f"{part}-TOTAL_FORMS": "0", f"{part}-INITIAL_FORMS": "0"}
    data |= {"variables-TOTAL_FORMS": str(len(rows)), "variables-INITIAL_FORMS": str(len(rows))}
    for index, row in enumerate(rows):
        fields = {
            "id": row.pk, "environment": environment.pk, "name": row.name, "position": row.position,
            "channel": row.channel_id, "kind": row.kind, "low": row.low, "high": row.high, "fraction": "",
            "default": "on",
        }  # fmt: skip
        data |= {f"variables-{index}-{key}": value for key, value in fields.items()}
    return data | changes


def edit(environment: Environment, client: Client, **changes: Any) -> Any:
    url = f"/admin/optimizer/environment/{environment.pk}/change/"
    return client.post(url, form_of(environment, **changes))


def test_a_physicist_edits_a_range_and_it_is_audited(demo: Environment, peter: User) -> None:
    answer = edit(demo, logged_in(peter), **{"variables-0-low": "-10"})
    assert answer.status_code == 302, answer.content.decode()[-3000:]
    assert Variable.objects.get(name="Q1").low == -10
    entry = Entry.objects.get(action="environment.changed")
    before, after = entry.before or {}, entry.after or {}
    assert (entry.who, before["variables"][0]["low"], after["variables"][0]["low"]) == ("peter", -20, -10)


def test_a_range_that_cannot_be_used_is_refused(demo: Environment, peter: User) -> None:
    answer = edit(demo, logged_in(peter), **{"variables-0-low": "25"})
    assert answer.status_code == 200
    assert "must be below" in answer.content.decode()
    assert Variable.objects.get(name="Q1").low == -20


@pytest.mark.parametrize("role", ["olga", "vera"])
def test_others_change_nothing(role: str, demo: Environment, request: pytest.FixtureRequest) -> None:
    answer = edit(demo, logged_in(request.getfixturevalue(role)), **{"variables-0-low": "-10"})
    assert answer.status_code in {302, 403}
    assert Variable.objects.get(name="Q1").low == -20


def test_campaigns_are_shown_and_never_changed(demo: Environment, olga: User, ada: User) -> None:
    campaign = request(olga)
    client = logged_in(ada)
    assert client.get("/admin/optimizer/campaign/").status_code == 200
    assert client.get(f"/admin/optimizer/campaign/{campaign.pk}/change/").status_code == 200
    assert client.post(f"/admin/optimizer/campaign/{campaign.pk}/change/", {"sentence": "other"}).status_code == 403
    assert client.post(f"/admin/optimizer/campaign/{campaign.pk}/delete/", {"post": "yes"}).status_code == 403
    assert client.get("/admin/optimizer/campaign/add/").status_code == 403
    assert Campaign.objects.get().sentence == campaign.sentence
