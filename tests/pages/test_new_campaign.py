"""Asking for a campaign: what is understood, what is refused and why, and that nothing typed is lost."""

from html import unescape

import pytest
from django.test import Client

from controls.models import Machine
from optimizer.models import Campaign
from tests.pages.world import log_in, make_campaign
from tests.people import PASSWORD
from xoptweb.accounts.models import User

GOOD = {
    "choices": "1",
    "environment": "screen-focus",
    "sentence": "make the beam on the screen smaller",
    "variable": ["Q1", "Q2"],
    "constraint": ["charge"],
    "iterations_max": "3",
    "ask_each_iteration": "1",
    "end": "restore",
    "after_crash": "restore",
    "votes_needed": "1",
    "idempotency_key": "one",
}


@pytest.fixture
def form(client: Client, linac: Machine, olga: User) -> Client:
    return log_in(client, olga)


def text(client: Client, **changes: object) -> tuple[int, str]:
    response = client.post("/campaigns/new/", GOOD | changes)
    return response.status_code, unescape(response.content.decode())


def test_a_good_form_becomes_a_campaign_with_just_these_choices(form: Client) -> None:
    response = form.post("/campaigns/new/", GOOD | {"low-Q1": "−12", "high-Q1": "18", "evaluations": "30"})
    campaign = Campaign.objects.get()
    assert response.status_code == 302
    assert response["Location"] == f"/campaigns/{campaign.pk}/"
    assert campaign.objective.name == "beam_size"
    assert campaign.pinned == {"variables": {"Q1": {"low": -12.0, "high": 18.0}, "Q2": None}, "evaluations": 30}
    assert (campaign.iterations_max, campaign.end, campaign.after_crash) == (3, "restore", "restore")


def test_sending_the_form_twice_makes_one_campaign(form: Client) -> None:
    first = form.post("/campaigns/new/", GOOD)
    again = form.post("/campaigns/new/", GOOD)
    assert Campaign.objects.count() == 1
    assert (again.status_code, again["Location"]) == (first.status_code, first["Location"])


def test_the_generators_options_are_chosen_from_the_catalogue(form: Client) -> None:
    form.post(
        "/campaigns/new/", GOOD | {"generator": "expected_improvement", "option-numerical_optimizer.max_time": "2.5"}
    )
    assert Campaign.objects.get().pinned["options"] == {"numerical_optimizer.max_time": 2.5}


def test_dropping_a_constraint_is_a_choice(form: Client) -> None:
    form.post("/campaigns/new/", {name: value for name, value in GOOD.items() if name != "constraint"})
    assert Campaign.objects.get().pinned["constraints"] == []


@pytest.mark.parametrize(
    ("changes", "named", "kept"),
    [
        ({"low-Q1": "NaN", "high-Q1": "1"}, "finite", 'name="low-Q1" value="NaN"'),
        ({"low-Q1": "-inf", "high-Q1": "inf"}, "finite", 'name="high-Q1" value="inf"'),
        ({"low-Q1": "abc", "high-Q1": "1"}, "must be a number", 'name="low-Q1" value="abc"'),
        ({"low-Q1": "-500", "high-Q1": "1"}, "below the channel's limit -30", 'name="low-Q1" value="-500"'),
        ({"low-Q1": "5", "high-Q1": "1"}, "not below", 'name="low-Q1" value="5"'),
        ({"low-Q1": "5"}, "required", 'name="low-Q1" value="5"'),
        ({"evaluations": "1e400"}, "must be a whole number", 'value="1e400"'),
        ({"evaluations": "-3"}, "must be at least 1", 'value="-3"'),
        ({"evaluations": "100000000"}, "must be at most 10000", 'value="100000000"'),
        ({"seconds": "nan"}, "seconds", 'value="nan"'),
        ({"seconds": "inf"}, "must be at most", 'value="inf"'),
        ({"iterations_max": "0"}, "must be at least 1", 'value="0"'),
        ({"seed": "x"}, "must be a whole number", 'value="x"'),
        ({"generator": "nonsense"}, "must be one of", "make the beam on the screen smaller"),
        (
            {"generator": "expected_improvement", "option-numerical_optimizer.max_time": "-1"},
            "must be above 0",
            'value="-1"',
        ),
        ({"variable": []}, "What may move</b>: choose at least one", "make the beam on the screen smaller"),
        ({"variable": ["Q9"]}, "has no such variable", "make the beam on the screen smaller"),
        ({"sentence": "brew coffee"}, "choose one of: beam_size, charge, loss", 'value="brew coffee"'),
        ({"sentence": ""}, "sentence", ""),
        ({"sentence": "x" * 301}, "at most 300 characters", "x" * 301),
        ({"objective": "nonsense"}, "has no objective", "make the beam on the screen smaller"),
        ({"end": "explode"}, "'best', 'restore' or 'leave'", "make the beam on the screen smaller"),
    ],
)
def test_what_is_wrong_is_named_and_nothing_typed_is_lost(
    form: Client, changes: dict[str, object], named: str, kept: str
) -> None:
    status, page = text(form, **changes)
    assert status == 422
    assert named in page
    assert kept in page
    assert Campaign.objects.count() == 0
    for name in ("Q1", "Q2"):
        chosen = f'value="{name}" id="vary-{name}" checked'
        assert (chosen in page) == (name in changes.get("variable", ["Q1", "Q2"]))  # type: ignore[operator]


def test_after_a_refusal_the_same_form_can_be_sent_mended(form: Client) -> None:
    assert text(form, evaluations="many")[0] == 422
    assert text(form, evaluations="12")[0] == 302


def test_a_channel_another_campaign_uses_is_refused_with_that_campaign_named(form: Client, olga: User) -> None:
    other = make_campaign(olga)
    status, page = text(form)
    assert status == 409
    assert f"used by campaign {other.pk}" in page


def test_the_sentence_is_understood_while_it_is_typed(form: Client) -> None:
    def understood(sentence: str, **more: str) -> str:
        return form.get("/campaigns/new/understood/", {"sentence": sentence, **more}).content.decode()

    assert "understood as: minimise beam size" in understood("squeeze the beam on the screen")
    assert "Which is meant?" in understood("improve something")
    assert "chosen by hand" in understood("squeeze the beam", objective="charge")


def test_an_operator_cannot_loosen_who_decides(form: Client) -> None:
    assert text(form, requester_may_decide="1")[0] == 403
    assert Campaign.objects.count() == 0


def test_present_values_limits_and_rules_stand_beside_every_variable(form: Client) -> None:
    page = unescape(form.get("/campaigns/new/").content.decode())
    assert "LI01:QUAD:01:K1" in page
    assert "−30 … 30" in page
    assert "now ± 2" in page


def test_without_an_environment_the_page_says_what_to_do(client: Client, olga: User) -> None:
    log_in(client, olga)
    assert "xoptweb load FILE" in client.get("/campaigns/new/").content.decode()


def test_what_was_typed_stands_there_again_after_the_login_had_ended(form: Client, olga: User) -> None:
    del form.cookies["xoptweb_session"]
    page = "http://testserver/campaigns/new/?environment=screen-focus"
    away = form.post(
        "/campaigns/new/", GOOD | {"low-Q1": "-12.5", "sentence": "smaller beam, please"}, headers={"Referer": page}
    )
    assert away["Location"] == "/login/?next=/campaigns/new/%3Fenvironment%3Dscreen-focus"
    form.post(
        "/login/", {"username": olga.username, "password": PASSWORD, "next": "/campaigns/new/?environment=screen-focus"}
    )
    back = unescape(form.get("/campaigns/new/?environment=screen-focus").content.decode())
    assert "smaller beam, please" in back
    assert 'value="-12.5"' in back
    assert Campaign.objects.count() == 0
    assert "smaller beam, please" not in form.get("/campaigns/new/").content.decode()  # offered once


def test_every_policy_can_be_chosen_and_what_it_means_stands_below(client: Client, peter: User, linac: Machine) -> None:
    page = log_in(client, peter).get("/campaigns/new/").content.decode()
    for value in (*Campaign.End.values, *Campaign.AfterCrash.values):
        assert f'<option value="{value}"' in page
    assert "if that does not confirm it, the values from before are restored" in page
    assert "resumes by replaying the recorded evaluations" in page
