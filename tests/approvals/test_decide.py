"""People decide approvals; nothing else does."""

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from tests.approvals.conftest import Ask, Remembering, person
from tests.people import person as new_person
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.approvals.models import Approval, Vote
from xoptweb.approvals.services import decide
from xoptweb.audit.models import Entry
from xoptweb.errors import ConfirmationNeeded, Conflict, Invalid, NotAllowed, NotFound
from xoptweb.live.services import events_after

pytestmark = pytest.mark.django_db(transaction=True)

State = Approval.State


def state(approval: Approval) -> str:
    return Approval.objects.get(pk=approval.pk).state


def test_one_approval_is_enough_where_one_is_asked_for(ask: Ask, kind: Remembering, peter: User) -> None:
    approval = ask()
    decided = decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert (decided.state, state(approval)) == (State.APPROVED, State.APPROVED)
    assert kind.outcomes == [("approved", "", "peter")]


def test_two_people_are_needed_where_two_are_asked_for(ask: Ask, kind: Remembering, peter: User, ada: User) -> None:
    approval = ask(votes_needed=2)
    decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert (state(approval), kind.outcomes) == (State.PENDING, [])
    with pytest.raises(Conflict, match="voted") as refused:
        decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert refused.value.code == "already_voted"
    assert state(approval) == State.PENDING
    decide(approval.pk, "approve", "", by=person(ada), digest=approval.digest)
    assert state(approval) == State.APPROVED


@pytest.mark.parametrize(
    ("verdict", "outcome"), [("reject", State.REJECTED), ("request_changes", State.CHANGES_REQUESTED)]
)
def test_one_person_who_does_not_agree_closes_it(
    ask: Ask, kind: Remembering, peter: User, ada: User, verdict: str, outcome: Any
) -> None:
    approval = ask(votes_needed=2)
    decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    decide(approval.pk, verdict, "too far", by=person(ada), digest=approval.digest)
    assert state(approval) == outcome
    assert kind.outcomes == [(outcome, "too far", "ada")]


@pytest.mark.parametrize("verdict", ["reject", "request_changes"])
def test_not_agreeing_needs_a_reason(ask: Ask, peter: User, verdict: str) -> None:
    approval = ask()
    with pytest.raises(Invalid) as problem:
        decide(approval.pk, verdict, "  ", by=person(peter), digest=approval.digest)
    assert "reason" in problem.value.fields
    assert state(approval) == State.PENDING


def test_the_requester_cannot_decide_their_own_request(ask: Ask, peter: User) -> None:
    approval = ask(by=person(peter))
    with pytest.raises(NotAllowed, match="requested") as refused:
        decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert refused.value.code == "requester_may_not_decide"
    assert state(approval) == State.PENDING


def test_the_requester_can_decide_where_the_policy_says_so(ask: Ask, peter: User) -> None:
    approval = ask(by=person(peter), requester_may_decide=True)
    decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert state(approval) == State.APPROVED


def test_an_operator_cannot_decide(ask: Ask, olga: User) -> None:
    other = new_person("oskar", "operator")
    approval = ask()
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=person(other), digest=approval.digest)


def test_no_part_of_xoptweb_decides(ask: Ask) -> None:
    approval = ask()
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=system("analysis"), digest=approval.digest)
    assert not Vote.objects.exists()


def test_a_token_does_not_decide_whoever_owns_it(ask: Ask, peter: User) -> None:
    from xoptweb.accounts.models import ApiToken

    token = ApiToken(user=peter, name="script", scopes=["read", "campaigns", "stop"])
    approval = ask()
    by = Actor(user=peter, via="api", token=token, confirmed_at=timezone.now())
    with pytest.raises(NotAllowed):
        decide(approval.pk, "approve", "", by=by, digest=approval.digest)


def test_an_old_login_is_asked_for_the_password_again(ask: Ask, peter: User) -> None:
    approval = ask()
    by = Actor(user=peter, via="web", confirmed_at=timezone.now() - timedelta(hours=1))
    with pytest.raises(ConfirmationNeeded):
        decide(approval.pk, "approve", "", by=by, digest=approval.digest)


def test_what_was_not_shown_is_not_approved(ask: Ask, peter: User) -> None:
    approval = ask()
    with pytest.raises(Conflict) as problem:
        decide(approval.pk, "approve", "", by=person(peter), digest="0" * 64)
    assert problem.value.code == "content_changed"


@pytest.mark.parametrize(
    "change",
    [
        {"content": {"reason": "another"}},
        {"envelope": {"channels": {"Q1": [1.0, 250.0]}, "evaluations": 30}},
        {"envelope": None},
    ],
)
def test_content_that_was_changed_behind_our_back_is_not_approved(ask: Ask, peter: User, change: Any) -> None:
    approval = ask()
    Approval.objects.filter(pk=approval.pk).update(**change)
    with pytest.raises(Conflict) as problem:
        decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert problem.value.code == "content_changed"
    assert state(approval) == State.PENDING


def test_a_subject_that_changed_cannot_be_approved_but_rejected(ask: Ask, kind: Remembering, peter: User) -> None:
    approval = ask()
    kind.changed = True
    with pytest.raises(Conflict) as problem:
        decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert problem.value.code == "subject_changed"
    decide(approval.pk, "reject", "changed", by=person(peter), digest=approval.digest)
    assert state(approval) == State.REJECTED


def test_deciding_too_late_expires_it_instead(ask: Ask, kind: Remembering, peter: User) -> None:
    approval = ask(expires_in_s=-1)
    with pytest.raises(Conflict) as problem:
        decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert problem.value.code == "approval_expired"
    assert state(approval) == State.EXPIRED
    assert kind.outcomes[0][0] == "expired"


def test_a_closed_approval_stays_closed(ask: Ask, peter: User, ada: User) -> None:
    approval = ask()
    decide(approval.pk, "reject", "no", by=person(peter), digest=approval.digest)
    with pytest.raises(Conflict) as problem:
        decide(approval.pk, "approve", "", by=person(ada), digest=approval.digest)
    assert problem.value.code == "approval_rejected"
    assert state(approval) == State.REJECTED


def test_an_unknown_verdict_or_approval_is_an_error(ask: Ask, peter: User) -> None:
    approval = ask()
    with pytest.raises(Invalid):
        decide(approval.pk, "maybe", "", by=person(peter), digest=approval.digest)
    with pytest.raises(NotFound):
        decide(approval.pk + 1, "approve", "", by=person(peter), digest=approval.digest)


def test_nothing_is_recorded_when_the_kind_refuses_to_go_on(
    ask: Ask, kind: Remembering, peter: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    approval = ask()

    def refuse(*_: object) -> None:
        raise Conflict("the campaign moved on")

    monkeypatch.setattr(kind, "decided", refuse)
    with pytest.raises(Conflict):
        decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert state(approval) == State.PENDING
    assert not Vote.objects.exists()
    assert not Entry.objects.filter(action="approval.approved").exists()


def test_a_decision_is_audited_and_announced_with_who_and_why(ask: Ask, peter: User) -> None:
    approval = ask(correlation="campaign-7")
    decide(approval.pk, "reject", "beam is needed", by=person(peter), digest=approval.digest)
    entry = Entry.objects.get(action="approval.rejected")
    assert (entry.who, entry.role, entry.correlation) == ("peter", "physicist", "campaign-7")
    assert entry.before == {"state": "pending"}
    assert entry.after == {"state": "rejected", "reason": "beam is needed"}
    last = events_after("approvals", 0)[-1]
    assert (last.kind, last.payload["state"], last.payload["by"]) == ("decided", "rejected", "peter")
