"""Pausing, stopping and restoring from the page of a campaign, and what the page says beforehand."""

from html import unescape

import pytest
from django.test import Client

from controls.models import Machine
from optimizer.models import Campaign, Evaluation, Execution, StageRecord
from optimizer.services.revising import await_changes
from tests.pages.world import ask_approval, execute, log_in, make_campaign
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.approvals.models import Approval
from xoptweb.audit.services import record

State = Campaign.State


@pytest.fixture
def operator(client: Client, linac: Machine, olga: User) -> Client:
    return log_in(client, olga)


def page_of(client: Client, campaign: Campaign, tab: str = "") -> str:
    return unescape(client.get(f"/campaigns/{campaign.pk}/{tab}").content.decode())


@pytest.mark.parametrize(
    ("state", "buttons"),
    [
        (State.EXECUTING, {"pause", "finish", "stop"}),
        (State.PAUSED, {"resume", "finish", "stop"}),
        (State.AWAITING_APPROVAL, {"stop"}),
        (State.RUNNING, {"stop"}),
        (State.RESTORING, set()),
        (State.FINISHED, {"restore"}),
        (State.FAILED, {"restore"}),
    ],
)
def test_a_page_offers_just_what_can_be_done_now(state: str, buttons: set[str], operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=state)
    execute(campaign, 9)
    page = page_of(operator, campaign)
    offered = {verb for verb in ("pause", "resume", "finish", "stop", "restore") if f'id="do-{verb}"' in page}
    assert offered == buttons
    for verb in offered - {"pause", "resume"}:
        assert f'data-confirm-dialog="{verb}-dialog"' in page
        assert f'<dialog id="{verb}-dialog"' in page


def test_an_observer_is_offered_nothing(client: Client, linac: Machine, olga: User, vera: User) -> None:
    campaign = make_campaign(olga, state=State.EXECUTING)
    execute(campaign, 9)
    log_in(client, vera)
    page = page_of(client, campaign)
    assert 'id="do-' not in page
    assert client.post(f"/campaigns/{campaign.pk}/pause/").status_code == 403
    assert client.post(f"/campaigns/{campaign.pk}/stop/").status_code == 403


def test_pausing_resuming_and_finishing_reach_the_execution(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=State.EXECUTING)
    execution = execute(campaign, 9)
    for verb, field, value in (
        ("pause", "pause_requested", True),
        ("resume", "pause_requested", False),
        ("finish", "finish_requested", True),
    ):
        assert operator.post(f"/campaigns/{campaign.pk}/{verb}/").status_code == 302
        execution.refresh_from_db()
        assert getattr(execution, field) is value


def test_what_the_state_does_not_allow_is_said_and_changes_nothing(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=State.FINISHED)
    response = operator.post(
        f"/campaigns/{campaign.pk}/pause/", headers={"Referer": f"http://testserver/campaigns/{campaign.pk}/"}
    )
    assert response.status_code == 409
    page = unescape(response.content.decode())
    assert "This campaign is" in page
    assert f'href="/campaigns/{campaign.pk}/">Back' in page


def test_stopping_what_waits_for_an_approval_withdraws_the_request(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga)
    approval = ask_approval(campaign)
    operator.post(f"/campaigns/{campaign.pk}/stop/")
    campaign.refresh_from_db()
    approval.refresh_from_db()
    assert (campaign.state, approval.state) == (State.STOPPED, Approval.State.WITHDRAWN)


def test_the_stop_dialog_says_where_every_channel_goes(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=State.EXECUTING)
    execute(campaign, 9)
    page = page_of(operator, campaign)
    dialog = page[page.index('<dialog id="stop-dialog"') :]
    dialog = dialog[: dialog.index("</dialog>")]
    for expected in ("Q1", "LI01:QUAD:01:K1", "10.000", "−9.000", "5.000", "m⁻²"):
        assert expected in dialog


def test_best_and_improvement_are_those_of_the_best_feasible_evaluation(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=State.EXECUTING)
    execution = execute(campaign, 12)
    Evaluation.objects.filter(execution=execution, number=3).update(objective=1.0, feasible=False)
    Evaluation.objects.filter(execution=execution, number=4).update(objective=1.0, source="confirmation")
    Evaluation.objects.filter(execution=execution, number=5).update(state="failed", code="timeout")
    page = page_of(operator, campaign, "?part=side")
    assert "61.25" in page
    assert "evaluation 7 · ± 3.1" in page
    assert "−83\u00a0%" in page
    assert "from 371 ± 9 µm" in page
    table = page_of(operator, campaign, "?part=evaluations")
    assert "failed: timeout" in table
    assert "outside the constraints" in table
    assert "confirmed, best" in table


def test_channels_that_are_not_back_are_said_in_red_on_the_campaign(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=State.FAILED, final=Campaign.Final.NOT_RESTORED, message="The IOC is gone.")
    execute(campaign, 3, Execution.State.ENDED)
    page = page_of(operator, campaign)
    assert '<div class="notice bad" role="alert"><i class="bi bi-exclamation-octagon-fill"' in page
    assert "NOT RESTORED." in page
    assert "The IOC is gone." in page


def test_a_crash_is_told_with_what_became_of_it(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, state=State.EXECUTING)
    execution = execute(campaign, 9)
    execution.attempts.update(outcome="died", message="The worker died; it was restored and replayed.")
    execution.attempts.create(number=2, process="host:2:2")
    page = page_of(operator, campaign, "?part=head")
    assert "Attempt 1 was interrupted." in page
    assert "restored and replayed" in page


def test_foreign_text_cannot_hide_anything(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga, sentence="smaller \u202ebeam\u0007 <b>now</b>")
    page = operator.get(f"/campaigns/{campaign.pk}/").content.decode()
    assert "smaller \\u202ebeam\\x07 &lt;b&gt;now&lt;/b&gt;" in page
    assert "\u202e" not in page


def test_the_trace_shows_each_stage_with_its_reasoning_and_marks_a_models_words(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga)
    iteration = campaign.iterations.get()
    StageRecord.objects.filter(iteration=iteration, stage="decision").update(decided_by="decision 1.4")
    page = page_of(operator, campaign, "trace/")
    assert "because of state" in page
    assert 'class="conclusion ai"' in page
    assert page.count('class="conclusion ai"') == 1


def test_what_must_hold_is_said_with_the_units_of_what_is_measured(operator: Client, olga: User) -> None:
    page = page_of(operator, make_campaign(olga), "configuration/")
    assert "< 1e−6 mbar, else abort" in page
    assert "> 20 pC, else pause" in page


def test_who_did_something_leads_to_all_that_they_did(operator: Client, olga: User) -> None:
    campaign = make_campaign(olga)
    record(Actor(user=olga), "campaign.created", campaign)
    assert 'href="/audit/?who=olga"' in page_of(operator, campaign, "audit/")


def test_changes_that_were_asked_for_are_answered_with_the_choices_as_they_were(operator: Client, olga: User) -> None:
    campaign = make_campaign(
        olga, state=State.RUNNING, pinned={"variables": {"Q1": {"low": -5.5, "high": 7.25}}, "evaluations": 33}
    )
    iteration = campaign.iterations.get()
    iteration.changes_requested = "less of Q1, please"
    iteration.save()
    await_changes(iteration, "less of Q1, please")
    assert "Change the choices" in page_of(operator, campaign)
    page = page_of(operator, campaign, "revise/")
    assert "less of Q1, please" in page
    assert 'name="low-Q1" value="-5.5"' in page
    assert 'name="evaluations" value="33"' in page
    wrong = operator.post(f"/campaigns/{campaign.pk}/revise/", {"choices": "1", "variable": "Q1", "low-Q1": "nan"})
    assert wrong.status_code == 422
    assert 'name="low-Q1" value="nan"' in unescape(wrong.content.decode())
    right = operator.post(
        f"/campaigns/{campaign.pk}/revise/",
        {"choices": "1", "variable": "Q1", "low-Q1": "-2", "high-Q1": "3", "constraint": "charge"},
    )
    campaign.refresh_from_db()
    assert right.status_code == 302
    assert campaign.pinned == {"variables": {"Q1": {"low": -2.0, "high": 3.0}}}
