"""The queue, an approval as it is shown, and deciding it by the page."""

from datetime import timedelta
from html import unescape
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from controls.models import Machine
from optimizer.models import Campaign
from tests.pages.world import ask_approval, log_in, make_campaign
from tests.people import PASSWORD
from xoptweb.accounts.models import User
from xoptweb.accounts.requests import CONFIRMED_AT
from xoptweb.approvals.models import Approval


@pytest.fixture
def approval(linac: Machine, olga: User) -> Approval:
    return ask_approval(make_campaign(olga))


@pytest.fixture
def decider(client: Client, peter: User) -> Client:
    return log_in(client, peter)


def decide(client: Client, approval: Approval, verdict: str, reason: str = "", **changes: Any) -> HttpResponse:
    data = {"verdict": verdict, "reason": reason, "digest": approval.digest} | changes
    page = f"http://testserver/approvals/{approval.pk}/"
    return client.post(f"/approvals/{approval.pk}/decide/", data, headers={"Referer": page})  # type: ignore[return-value]


def shown(client: Client, approval: Approval) -> str:
    return unescape(client.get(f"/approvals/{approval.pk}/").content.decode())


def test_everything_one_must_know_to_decide_is_shown(decider: Client, approval: Approval) -> None:
    page = shown(decider, approval)
    for expected in (
        "LI01:QUAD:01:K1", "−20.000", "20.000", "−30 … 30",  # channel, from, to, limits
        "371 ± 9 µm", "Expected improvement", "more measurements confirm it", "because of decision",
        "beam_size", "Nobody has decided yet.", "Demo linac is disarmed.", f'value="{approval.digest}"',
    ):  # fmt: skip
        assert expected in page
    assert 'class="env" x="16.67%" width="66.66%"' in page


def test_rejecting_needs_a_reason_and_keeps_what_was_typed(decider: Client, approval: Approval) -> None:
    response = decide(decider, approval, "reject", "  ")
    assert response.status_code == 422
    assert "a reason is needed" in response.content.decode()
    assert decide(decider, approval, "reject", "too wide").status_code == 302
    approval.refresh_from_db()
    assert approval.state == Approval.State.REJECTED
    assert Campaign.objects.get().state == Campaign.State.REJECTED
    assert "too wide" in shown(decider, approval)


def test_a_nonsense_verdict_changes_nothing(decider: Client, approval: Approval) -> None:
    assert decide(decider, approval, "perhaps").status_code == 422
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING


def test_what_was_not_shown_cannot_be_decided(decider: Client, approval: Approval) -> None:
    assert decide(decider, approval, "reject", "no", digest="0" * 64).status_code == 409
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING


def test_approving_a_disarmed_machine_is_refused_with_what_to_do(decider: Client, approval: Approval) -> None:
    response = decide(decider, approval, "approve")
    assert response.status_code == 409
    assert "arm it first" in response.content.decode()


def test_an_old_login_gives_the_password_again_and_finds_the_reason_where_it_was(
    decider: Client, approval: Approval
) -> None:
    session = decider.session
    session[CONFIRMED_AT] = (timezone.now() - timedelta(days=1)).isoformat()
    session.save()
    detour = decide(decider, approval, "reject", "the ranges are too wide")
    assert detour.status_code == 303
    assert detour["Location"] == f"/confirm/?next=%2Fapprovals%2F{approval.pk}%2F"
    back = decider.post(detour["Location"], {"password": PASSWORD})
    assert back["Location"] == f"/approvals/{approval.pk}/"
    decider.get(f"/approvals/{approval.pk}/", headers={"HX-Request": "true"})  # the page's own refresh takes nothing
    assert 'value="the ranges are too wide"' in shown(decider, approval)
    assert 'value="the ranges are too wide"' not in shown(decider, approval)  # offered once
    assert decide(decider, approval, "reject", "the ranges are too wide").status_code == 302


def test_the_requester_and_an_observer_see_why_they_cannot_decide(
    client: Client, approval: Approval, vera: User
) -> None:
    log_in(client, vera)
    page = shown(client, approval)
    assert "Your role may not decide this" in page
    assert 'name="verdict"' not in page
    assert decide(client, approval, "approve").status_code == 403


def test_someone_who_asked_may_not_decide(client: Client, linac: Machine, peter: User) -> None:
    approval = ask_approval(make_campaign(peter))
    log_in(client, peter)
    assert "You asked for this; someone else has to decide it." in shown(client, approval)
    assert decide(client, approval, "reject", "no").status_code == 403


def test_who_asked_can_take_it_back_and_nobody_else_is_offered_that(
    decider: Client, approval: Approval, olga: User
) -> None:
    assert "Take it back" not in shown(decider, approval)
    client = log_in(Client(), olga)
    assert "Take it back" in shown(client, approval)
    assert client.post(f"/approvals/{approval.pk}/withdraw/").status_code == 302
    approval.refresh_from_db()
    assert approval.state == Approval.State.WITHDRAWN
    assert Campaign.objects.get().state == Campaign.State.STOPPED
    assert "Take it back" not in shown(client, approval)


def test_filters_that_match_nothing_lead_back_to_all(decider: Client, approval: Approval) -> None:
    page = decider.get("/approvals/?state=rejected").content.decode()
    assert "No request matches" in page
    assert "Nothing waits here" not in page


def test_what_waits_comes_first_and_filters_narrow(decider: Client, approval: Approval, olga: User) -> None:
    for number in range(3):
        later = ask_approval(make_campaign(olga, sentence=f"campaign {number}"))
        Approval.objects.filter(pk=later.pk).update(state=Approval.State.REJECTED)
    page = decider.get("/approvals/").content.decode()
    rows = [part.split('"')[0] for part in page.split('id="approval-')[1:]]
    assert rows[0] == str(approval.pk)
    assert len(rows) == 4
    assert decider.get("/approvals/?state=rejected").content.decode().count('id="approval-') == 3
    assert decider.get("/approvals/?kind=restore").content.decode().count('id="approval-') == 0


def test_the_number_of_waiting_approvals_stands_in_the_rail(decider: Client, approval: Approval) -> None:
    assert 'title="1 waiting">1<' in decider.get("/").content.decode()
    Approval.objects.update(state=Approval.State.REJECTED)
    assert "waiting</" not in decider.get("/").content.decode().split('class="page"')[0]


def test_an_approval_of_a_kind_that_is_gone_still_shows_its_content(decider: Client, approval: Approval) -> None:
    Approval.objects.update(kind="forgotten")
    assert "no longer known" in decider.get("/approvals/").content.decode()
    assert "evaluations" in shown(decider, approval)


def test_a_reason_no_database_stores_is_refused(decider: Client, approval: Approval) -> None:
    assert decide(decider, approval, "reject", "no\x00").status_code == 422
    approval.refresh_from_db()
    assert approval.state == Approval.State.PENDING
