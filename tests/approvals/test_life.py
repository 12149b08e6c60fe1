"""Approvals beside the vote: requested, used once, withdrawn, expired, bound to their content."""

import json
import math
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from django.db import connections
from django.utils import timezone

from tests.approvals.conftest import Ask, Remembering, person
from tests.people import person as new_person
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.approvals import digest, expiry, kinds
from xoptweb.approvals.models import Approval
from xoptweb.approvals.services import decide, expire_due, request, use, withdraw
from xoptweb.audit.models import Entry
from xoptweb.config import config
from xoptweb.errors import Conflict, Invalid, NotAllowed, NotFound
from xoptweb.live.services import events_after

pytestmark = pytest.mark.django_db(transaction=True)

State = Approval.State
EXECUTION = system("execution")


def stored(approval: Approval) -> Approval:
    return Approval.objects.get(pk=approval.pk)


@pytest.fixture
def approved(ask: Ask, peter: User) -> Approval:
    approval = ask()
    return decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)


# requesting


def test_a_request_is_stored_audited_and_announced(ask: Ask) -> None:
    approval = ask(correlation="campaign-7", votes_needed=2)
    assert stored(approval).state == State.PENDING
    entry = Entry.objects.get(action="approval.requested")
    assert (entry.who, entry.correlation) == ("olga", "campaign-7")
    event = events_after("approvals", 0)[-1]
    assert event.kind == "created"
    assert (event.payload["id"], event.payload["votes_needed"]) == (approval.pk, 2)


def test_it_lives_as_long_as_the_settings_say(ask: Ask) -> None:
    left = ask().expires_at - timezone.now()
    assert left.total_seconds() == pytest.approx(config().approval_expiry_s, abs=5)


def test_the_subject_can_be_given_as_it_is(kind: Remembering, olga: User) -> None:
    approval = request("remembering", olga, "Change olga", {}, None, by=EXECUTION)
    assert approval.subject == f"accounts.user:{olga.pk}"
    assert approval.requested_by is None


def test_a_kind_that_nobody_registered_is_refused() -> None:
    with pytest.raises(LookupError):
        request("unheard-of", "x:1", "title", {}, None, by=EXECUTION)


@pytest.mark.parametrize("wrong", [math.nan, math.inf, object(), b"bytes"])
def test_what_cannot_be_shown_exactly_cannot_be_approved(kind: Remembering, wrong: object) -> None:
    with pytest.raises(Invalid):
        request("remembering", "x:1", "title", {"a": [wrong]}, None, by=EXECUTION)
    assert not Approval.objects.exists()


# using


def test_an_approval_is_used_once(approved: Approval) -> None:
    assert use(approved.pk, digest=approved.digest, by=EXECUTION).state == State.USED
    with pytest.raises(Conflict) as problem:
        use(approved.pk, digest=approved.digest, by=EXECUTION)
    assert problem.value.code == "approval_used"
    assert [event.kind for event in events_after("approvals", 0)] == ["created", "decided", "used"]


def test_of_many_who_use_it_at_once_one_may(approved: Approval) -> None:
    def attempt(_: int) -> bool:
        try:
            use(approved.pk, digest=approved.digest, by=EXECUTION)
        except Conflict:
            return False
        finally:
            connections.close_all()
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sum(pool.map(attempt, range(12))) == 1


@pytest.mark.parametrize("state", [State.PENDING, State.REJECTED, State.CHANGES_REQUESTED, State.WITHDRAWN])
def test_what_is_not_approved_is_not_used(ask: Ask, state: State) -> None:
    approval = ask()
    Approval.objects.update(state=state)
    with pytest.raises(Conflict) as problem:
        use(approval.pk, digest=approval.digest, by=EXECUTION)
    assert problem.value.code == "not_approved"


def test_what_expired_is_not_used_swept_or_not(approved: Approval) -> None:
    Approval.objects.update(expires_at=timezone.now())
    for _ in range(2):
        with pytest.raises(Conflict) as problem:
            use(approved.pk, digest=approved.digest, by=EXECUTION)
        assert problem.value.code == "approval_expired"
        expire_due()
    assert stored(approved).state == State.EXPIRED


def test_another_content_is_not_run(approved: Approval) -> None:
    with pytest.raises(Conflict) as problem:
        use(approved.pk, digest=digest.of({"another": 1}, None), by=EXECUTION)
    assert problem.value.code == "content_changed"
    assert stored(approved).state == State.APPROVED


def test_content_changed_behind_our_back_is_not_run(approved: Approval) -> None:
    Approval.objects.update(envelope={"channels": {"Q1": [1.0, 250.0]}, "evaluations": 30})
    with pytest.raises(Conflict) as problem:
        use(approved.pk, digest=approved.digest, by=EXECUTION)
    assert problem.value.code == "content_changed"


def test_what_is_not_there_is_not_used() -> None:
    with pytest.raises(NotFound):
        use(1, digest="", by=EXECUTION)


# expiring


def test_nobody_deciding_in_time_ends_it_and_its_subject_hears(ask: Ask, kind: Remembering) -> None:
    late, early = ask(expires_in_s=-1), ask(expires_in_s=60)
    assert expire_due() == 1
    assert (stored(late).state, stored(early).state) == (State.EXPIRED, State.PENDING)
    assert kind.outcomes == [("expired", "nobody decided in time", "expiry")]
    assert events_after("approvals", 0)[-1].kind == "expired"
    assert expire_due() == 0


def test_approving_gives_it_its_full_life_again_for_being_used(ask: Ask, peter: User) -> None:
    approval = ask(expires_in_s=5)
    decided = decide(approval.pk, "approve", "", by=person(peter), digest=approval.digest)
    assert decided.expires_at - timezone.now() > timedelta(seconds=config().approval_expiry_s - 5)
    assert stored(approval).expires_at == decided.expires_at


def test_the_expiry_runs_every_few_seconds() -> None:
    from xoptweb.work.registry import every

    assert any(entry.name == "approvals.expire" and entry.every_s <= 5 for entry in every())


def test_one_that_cannot_expire_does_not_hold_up_the_others(
    ask: Ask, kind: Remembering, monkeypatch: pytest.MonkeyPatch
) -> None:
    stuck, free = ask(expires_in_s=-2), ask(expires_in_s=-1)
    remember = kind.decided

    def decided(approval: Approval, *words: Any) -> None:
        if approval.pk == stuck.pk:
            raise RuntimeError("this campaign is broken")
        remember(approval, *words)

    monkeypatch.setattr(kind, "decided", decided)
    assert expire_due() == 1
    assert (stored(stuck).state, stored(free).state) == (State.PENDING, State.EXPIRED)


# withdrawing


def test_the_requester_withdraws(ask: Ask, kind: Remembering, olga: User) -> None:
    approval = ask()
    withdraw(approval, "not now", by=person(olga))
    assert stored(approval).state == State.WITHDRAWN
    assert kind.outcomes == [("withdrawn", "not now", "olga")]
    assert events_after("approvals", 0)[-1].kind == "withdrawn"


def test_an_approved_one_is_withdrawn_before_it_is_used_and_not_after(approved: Approval, olga: User) -> None:
    use(approved.pk, digest=approved.digest, by=EXECUTION)
    with pytest.raises(Conflict):
        withdraw(approved, "too late", by=person(olga))


def test_who_only_looks_withdraws_nothing(ask: Ask, vera: User) -> None:
    approval = ask()
    with pytest.raises(NotAllowed):
        withdraw(approval, "no", by=person(vera))
    withdraw(approval, "stopping", by=person(new_person("oskar", "operator")))


def test_an_observers_token_withdraws_nothing_even_its_own(kind: Remembering, olga: User) -> None:
    from xoptweb.accounts.models import ApiToken

    token = ApiToken(user=olga, name="script", scopes=["read"])
    approval = request("remembering", "x:1", "title", {}, None, by=person(olga))
    with pytest.raises(NotAllowed):
        withdraw(approval, "no", by=Actor(user=olga, via="api", token=token))


# the digest


def test_the_digest_is_that_of_the_canonical_text() -> None:
    import hashlib

    text = '[{"a":1.5,"b":["ä",true,null]},null]'
    expected = hashlib.sha256(json.dumps(json.loads(text), sort_keys=True, separators=(",", ":")).encode())
    assert digest.of({"b": ["ä", True, None], "a": 1.5}, None) == expected.hexdigest()


def test_the_order_of_keys_does_not_matter_and_everything_else_does() -> None:
    base = digest.of({"a": 1.0, "b": [1, 2]}, {"low": 0.1})
    assert digest.of({"b": [1, 2], "a": 1.0}, {"low": 0.1}) == base
    others = [
        digest.of({"a": 1.0, "b": [2, 1]}, {"low": 0.1}),
        digest.of({"a": 1.0, "b": [1, 2]}, {"low": 0.1 + 1e-16}),
        digest.of({"a": 1.0, "b": [1, 2]}, {"low": "0.1"}),
        digest.of({"a": 1.0, "b": [1, 2]}, None),
        digest.of({"low": 0.1}, {"a": 1.0, "b": [1, 2]}),
    ]
    assert len({base, *others}) == 6


@pytest.mark.parametrize(
    "value",
    [
        0.1 + 0.2, 1e22, 1e16, 9.1e15, -0.0, 0.0, 1e-7, 3.3e-12, 5e-324, 1.7976931348623157e308, 1.5e300,
        123456789.123456789, 2**53, 2**53 + 2, -(2**60), 1, True, "1", "ä\u2028", [], {}, None,
    ],
)  # fmt: skip
def test_what_comes_back_from_the_database_has_the_same_digest(kind: Remembering, value: object) -> None:
    approval = request("remembering", "x:1", "title", {"v": value}, {"e": [value]}, by=EXECUTION)
    again = stored(approval)
    assert digest.of(again.content, again.envelope) == approval.digest == again.digest


def test_a_nul_character_is_shown_and_bound_as_it_is_stored(kind: Remembering) -> None:
    approval = request("remembering", "x:1", "title", {"text": "a\x00b"}, None, by=EXECUTION)
    again = stored(approval)
    assert again.content == {"text": "a\ufffdb"}
    assert digest.of(again.content, again.envelope) == again.digest


# kinds


def test_two_kinds_of_one_name_are_a_mistake_of_ours(kind: Remembering) -> None:
    class Other(kinds.Kind):
        name, title, template = "remembering", "Other", "none"

    with pytest.raises(ValueError, match="remembering"):
        kinds.register(Other)


def test_registering_a_kind_again_as_a_reload_does_is_none(kind: Remembering) -> None:
    kinds.register(Remembering)


def test_expiring_what_is_not_there_is_an_error() -> None:
    with pytest.raises(NotFound):
        expiry.expire(1)
