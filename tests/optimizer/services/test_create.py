"""Creating a campaign checks everything before anything begins."""

import threading
from typing import Any

import pytest
from django.db import connection

from controls.models import ChannelLock
from optimizer.models import Campaign, Environment, Stage, Variable
from optimizer.services.campaigns import parse, preview
from optimizer.services.creating import create
from tests.optimizer.world import due, held_lease, iteration_of, request
from xoptweb.accounts.models import User
from xoptweb.actors import Actor, system
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, Invalid, NotAllowed
from xoptweb.live.models import Event


def test_a_campaign_begins_with_its_first_iteration_due(demo: Environment, olga: User) -> None:
    campaign = request(olga)
    assert (campaign.state, campaign.final) == (Campaign.State.RUNNING, Campaign.Final.NOT_MOVED)
    assert campaign.objective.name == "beam_size"
    assert due() == [{"iteration": iteration_of(campaign).pk, "stage": str(Stage.STATE), "round": 1}]


def test_its_creation_is_audited_and_announced(demo: Environment, olga: User) -> None:
    campaign = request(olga, iterations_max=3)
    entry = Entry.objects.get(action="campaign.created")
    assert (entry.who, entry.role) == ("olga", "operator")
    assert entry.after == {
        "environment": "screen-focus", "sentence": "make the beam on the screen smaller", "iterations_max": 3,
    }  # fmt: skip
    assert Event.objects.get(stream="campaigns").payload["campaign"] == campaign.pk


def test_the_same_idempotency_key_gives_the_same_campaign(demo: Environment, olga: User, peter: User) -> None:
    first = request(olga, idempotency_key="k1")
    assert request(olga, idempotency_key="k1") == first
    assert Campaign.objects.count() == 1
    with pytest.raises(Conflict, match="somebody else"):
        request(peter, idempotency_key="k1")


@pytest.mark.django_db(transaction=True)
def test_the_same_key_from_many_at_once_gives_one_campaign(demo: Environment, olga: User) -> None:
    made: list[int] = []

    def ask() -> None:
        try:
            made.append(request(olga, idempotency_key="k1").pk)
        finally:
            connection.close()

    threads = [threading.Thread(target=ask) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(made) == 4
    assert len(set(made)) == Campaign.objects.count() == 1


def test_an_observer_creates_nothing(demo: Environment, vera: User) -> None:
    with pytest.raises(NotAllowed, match="run_campaigns"):
        request(vera)
    assert not Campaign.objects.exists()


def test_a_campaign_has_somebody_who_asked_for_it(demo: Environment) -> None:
    with pytest.raises(NotAllowed, match="requested by a person"):
        create(parse({"environment": "screen-focus", "sentence": "smaller spot"}), by=system("x"))


@pytest.mark.parametrize("policy", [{"requester_may_decide": True}, {"ask_each_iteration": False}])
def test_only_who_may_decide_loosens_the_policy(
    policy: dict[str, bool], demo: Environment, olga: User, peter: User
) -> None:
    with pytest.raises(NotAllowed, match="decide"):
        request(olga, **policy)
    assert request(peter, **policy).pk


@pytest.mark.parametrize(
    ("choices", "field", "words"),
    [
        ({"environment": "elsewhere"}, "environment", "list"),
        ({"objective": "brightness"}, "objective", "beam_size, charge, loss"),
        ({"sentence": "make it nicer"}, "objective", "choose one of"),
        ({"sentence": "less charge"}, "objective", "charge"),
        ({"pinned": {"variables": {}}}, "pinned.variables", "at least one"),
        ({"pinned": {"variables": {"Q9": None}}}, "pinned.variables.Q9", "no such variable"),
        ({"pinned": {"variables": {"Q1": {"low": 5, "high": 5}}}}, "pinned.variables.Q1.low", "not below"),
        ({"pinned": {"variables": {"Q1": {"low": -31, "high": 5}}}}, "pinned.variables.Q1.low", "limit -30"),
        ({"pinned": {"variables": {"Q1": {"low": 5, "high": 31}}}}, "pinned.variables.Q1.high", "limit 30"),
        ({"pinned": {"generator": "guess"}}, "pinned.generator", "must be one of"),
        ({"pinned": {"generator": "neldermead"}}, "pinned.generator", "takes no constraints (charge)"),
        ({"pinned": {"generator": "random", "options": {"beta": 2}}}, "pinned.options.beta", "no such option"),
        ({"pinned": {"options": {"beta": 2}}}, "pinned.options", "need a generator"),
        ({"pinned": {"constraints": ["size"]}}, "pinned.constraints", "no constraint size"),
        ({"pinned": {"generator": "expected_improvement", "evaluations": 1}}, "pinned.evaluations", "at least 2"),
    ],
)
def test_what_does_not_suit_is_named_with_its_field(
    choices: dict[str, Any], field: str, words: str, demo: Environment, olga: User
) -> None:
    with pytest.raises(Invalid) as refused:
        request(olga, **choices)
    assert words in refused.value.fields[field]
    assert not Campaign.objects.exists()


@pytest.mark.parametrize(
    ("given", "field"),
    [
        ({"pinned": {"variables": {"Q1": {"low": float("nan"), "high": 1}}}}, "pinned.variables.Q1.low"),
        ({"pinned": {"variables": {"Q1": {"low": "x", "high": 1}}}}, "pinned.variables.Q1.low"),
        ({"pinned": {"variables": {"Q1": {"low": float("inf"), "high": 1}}}}, "pinned.variables.Q1.low"),
        ({"pinned": {"evaluations": 0}}, "pinned.evaluations"),
        ({"pinned": {"evaluations": 10**9}}, "pinned.evaluations"),
        ({"pinned": {"seconds": -1}}, "pinned.seconds"),
        ({"pinned": {"initial": {"method": "guess"}}}, "pinned.initial.method"),
        ({"iterations_max": 0}, "iterations_max"),
        ({"votes_needed": 0}, "votes_needed"),
        ({"end": "somewhere"}, "end"),
        ({"sentence": ""}, "sentence"),
        ({"sentence": "x" * 301}, "sentence"),
        ({"surprise": 1}, "surprise"),
    ],
)
def test_values_of_the_wrong_kind_are_named_with_their_field(given: dict[str, Any], field: str) -> None:
    with pytest.raises(Invalid) as refused:
        parse({"environment": "screen-focus", "sentence": "smaller spot", **given})
    assert field in refused.value.fields


def test_a_generator_without_constraints_is_possible_when_they_are_left_out(demo: Environment, olga: User) -> None:
    campaign = request(olga, pinned={"generator": "neldermead", "constraints": []})
    assert campaign.pinned == {"generator": "neldermead", "constraints": []}


def test_two_campaigns_never_share_a_channel(demo: Environment, olga: User) -> None:
    first = request(olga)
    with pytest.raises(Conflict, match=f"Q1, Q2, Q3 are used by campaign {first.pk}") as refused:
        request(olga)
    assert (refused.value.code, refused.value.fields["campaign"]) == ("channels_busy", str(first.pk))
    second = request(olga, pinned={"variables": {"CV": None, "CH": None}})
    assert second.pk


def test_a_channel_is_free_again_when_its_campaign_has_ended(demo: Environment, olga: User) -> None:
    Campaign.objects.filter(pk=request(olga).pk).update(state=Campaign.State.FINISHED)
    assert request(olga).pk


def test_a_channel_whose_restore_is_owed_takes_part_in_nothing(demo: Environment, olga: User) -> None:
    lease = held_lease(demo.machine, "optimizer.execution:1", "waiting")
    ChannelLock.objects.create(channel=demo.machine.channels.get(name="Q2"), lease=lease)
    with pytest.raises(Conflict, match="Q2 is locked"):
        request(olga)


def test_a_channel_that_may_not_be_written_is_refused(demo: Environment, olga: User) -> None:
    Variable.objects.filter(environment=demo, name="Q1").update(channel=demo.machine.channels.get(name="charge"))
    with pytest.raises(Invalid) as refused:
        request(olga)
    assert "may not be written" in refused.value.fields["pinned.variables.Q1"]


def test_a_preview_creates_nothing(demo: Environment) -> None:
    assert preview(demo, "Make the beam on the screen smaller").text == "understood as: minimise beam size"
    assert preview(demo, "improve it").question
    assert not Campaign.objects.exists()


def test_an_inactive_account_creates_nothing(demo: Environment, olga: User) -> None:
    olga.is_active = False
    with pytest.raises(NotAllowed, match="not active"):
        create(parse({"environment": "screen-focus", "sentence": "smaller spot"}), by=Actor(olga))
