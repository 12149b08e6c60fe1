"""What agents can ask about campaigns."""

import pytest

from optimizer.models import Campaign, Environment
from tests.optimizer.world import acting, iteration_of, request
from tests.people import person
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import Invalid, NotAllowed
from xoptweb.tools.registry import call


def test_campaigns_are_found_by_words_state_and_environment(demo: Environment, olga: User) -> None:
    campaign = request(olga)
    iteration = iteration_of(campaign)
    iteration.result = {"text": "beam_size: 371 → 61"}
    iteration.save()
    (found,) = call("find_campaigns", {"words": "SMALLER", "state": "running"}, acting(olga))
    assert (found["id"], found["goal"], found["result"]) == (campaign.pk, "minimise beam size", "beam_size: 371 → 61")
    assert call("find_campaigns", {"environment": "elsewhere"}, acting(olga)) == []
    Campaign.objects.update(state="finished")
    assert call("find_campaigns", {"state": "running"}, acting(olga)) == []


def test_who_may_not_see_the_machine_finds_nothing(demo: Environment) -> None:
    stranger = person("sam", "observer")
    stranger.groups.clear()
    with pytest.raises(NotAllowed):
        call("find_campaigns", {}, Actor(User.objects.get(pk=stranger.pk)))


def test_wrong_arguments_are_named(demo: Environment, olga: User) -> None:
    with pytest.raises(Invalid) as refused:
        call("find_campaigns", {"limit": 1000}, acting(olga))
    assert "limit" in refused.value.fields
