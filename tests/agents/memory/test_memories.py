"""Storing, finding, correcting and forgetting memories, on either database."""

import json
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from agents.gateway import breaker, budgets, chosen
from agents.models import Memory, ModelCall, ModelProfile
from agents.services import memories
from agents.services.memories import Text
from agents.tasks import embed
from tests.agents.profiles import Made
from tests.endpoint import endpoint
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import Invalid, NotAllowed, NotFound
from xoptweb.tools.serving import serving
from xoptweb.work.models import Work

pytestmark = pytest.mark.django_db


def texts(words: str, user: User, **more: Any) -> list[str]:
    return [row.text for row in memories.search(words, by=Actor(user=user), **more)]


def test_what_was_said_is_found_by_its_words_in_other_forms(olga: User) -> None:
    by = Actor(user=olga)
    memories.store(Text("The polarity of Q3 was swapped in May."), by=by, source="conversation:7")
    memories.store(Text("The screen needs five seconds."), by=by)
    assert texts("q3 polarity swap", olga) == ["The polarity of Q3 was swapped in May."]
    assert texts("SCREENS", olga) == ["The screen needs five seconds."]
    assert texts("coffee", olga) == []
    assert Memory.objects.get(text__startswith="The polarity").source == "conversation:7"


def test_the_memory_with_more_of_the_words_comes_first(olga: User) -> None:
    by = Actor(user=olga)
    memories.store(Text("vacuum valve"), by=by)
    memories.store(Text("vacuum valve of the gun"), by=by)
    assert texts("valve gun", olga) == ["vacuum valve of the gun", "vacuum valve"]


@pytest.mark.parametrize("words", ['"', "a OR NEAR(", "' --", "* : ^ -", "🧲", "\\", "и Ü ß", "a" * 5000])
def test_odd_words_find_nothing_and_break_nothing(olga: User, words: str) -> None:
    memories.store(Text("The screen needs five seconds."), by=Actor(user=olga))
    assert texts(words, olga) == []


def test_mine_is_mine_and_what_is_everybodys_needs_a_physicist(olga: User, peter: User) -> None:
    memories.store(Text("my own note about Q3"), by=Actor(user=olga))
    with pytest.raises(NotAllowed):
        memories.store(Text("everybody: Q3", "everyone"), by=Actor(user=olga))
    memories.store(Text("everybody: Q3", "everyone"), by=Actor(user=peter))
    memories.store(Text("Q3 of the gun", "machine", "gun"), by=Actor(user=peter))
    assert set(texts("Q3", olga)) == {"my own note about Q3", "everybody: Q3", "Q3 of the gun"}
    assert set(texts("Q3", peter)) == {"everybody: Q3", "Q3 of the gun"}
    assert set(texts("Q3", olga, machine="demo-linac")) == {"my own note about Q3", "everybody: Q3"}


def test_a_correction_is_found_and_the_old_words_are_not(olga: User, peter: User) -> None:
    row = memories.store(Text("Q3 was swapped in May"), by=Actor(user=olga))
    with pytest.raises(NotAllowed):
        memories.change(row, Text("mine now"), by=Actor(user=peter))
    memories.change(row, Text("Q4 was swapped in June"), by=Actor(user=olga))
    assert texts("June", olga) == ["Q4 was swapped in June"]
    assert texts("May", olga) == []
    memories.remove(row, by=Actor(user=olga))
    assert texts("June", olga) == []
    actions = Entry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["memory.stored", "memory.changed", "memory.removed"]


def test_what_goes_with_its_owner_is_not_found_any_more(olga: User, peter: User) -> None:
    row = memories.store(Text("Q3 was swapped", "everyone"), by=Actor(user=peter))
    Memory.objects.filter(pk=row.pk).delete()
    assert texts("swapped", olga) == []


def test_the_same_is_stored_once(olga: User) -> None:
    first = memories.store(Text("Q3 was swapped"), by=Actor(user=olga))
    assert memories.store(Text(" Q3 was swapped "), by=Actor(user=olga)).pk == first.pk


@pytest.mark.parametrize("given", [Text(" "), Text("x" * 2001), Text("x", "nobody"), Text("x", "machine")])
def test_what_makes_no_sense_is_refused(peter: User, given: Text) -> None:
    with pytest.raises(Invalid):
        memories.store(given, by=Actor(user=peter))


def test_somebody_elses_own_is_not_there(olga: User, peter: User) -> None:
    row = memories.store(Text("Q3"), by=Actor(user=olga))
    with pytest.raises(NotFound):
        memories.find(row.pk, by=Actor(user=peter))


def vectors(table: dict[str, list[float]]) -> Callable[[dict[str, Any]], tuple[int, str]]:
    def answer(asked: dict[str, Any]) -> tuple[int, str]:
        data = [{"index": at, "embedding": table[text]} for at, text in enumerate(asked["input"])]
        return 200, json.dumps({"object": "list", "model": "e", "data": data})

    return answer


def test_what_means_the_same_in_other_words_is_found_where_a_profile_offers_that(profile: Made, olga: User) -> None:
    table = {"The magnet was exchanged.": [1.0, 0.1], "Coffee is out.": [0.0, 1.0], "quadrupole replaced": [1.0, 0.0]}
    with endpoint(vectors(table)) as scripted:
        profile(scripted, embeddings_model="nomic")
        for text in list(table)[:2]:
            memories.store(Text(text), by=Actor(user=olga))
        for work in Work.objects.filter(name="agents.embed"):
            embed(**work.arguments)
        assert texts("quadrupole replaced", olga) == ["The magnet was exchanged."]


def test_what_no_budget_is_left_for_is_stored_found_by_words_and_gets_its_meaning_tomorrow(
    profile: Made, olga: User
) -> None:
    table = {"The magnet was exchanged.": [1.0, 0.1], "Coffee is out.": [0.0, 1.0], "quadrupole replaced": [1.0, 0.0]}
    with endpoint(vectors(table)) as scripted:
        profile(scripted, embeddings_model="nomic", user_day_tokens=1)
        first = memories.store(Text("Coffee is out."), by=Actor(user=olga))
        embed(first.pk)
        second = memories.store(Text("The magnet was exchanged."), by=Actor(user=olga))
        embed(second.pk)
        assert texts("magnet", olga) == ["The magnet was exchanged."]
        assert texts("quadrupole replaced", olga) == []
        assert [asked["input"] for asked in scripted.asked] == [["Coffee is out."]]
        later = Work.objects.get(name="agents.embed", due_at__gt=timezone.now())
        assert later.due_at == budgets.renewed_at()
        ModelCall.objects.update(at=timezone.now() - timedelta(days=1))
        embed(**later.arguments)
        ModelProfile.objects.update(user_day_tokens=None)
        assert texts("quadrupole replaced", olga) == ["The magnet was exchanged."]


def known_and_then_silent(profile: Made, olga: User) -> None:
    """A memory with its vector, of a profile that does not answer any more."""
    with endpoint(vectors({"The magnet was exchanged.": [1.0]})) as scripted:
        profile(scripted, embeddings_model="nomic", attempts=1)
        memories.store(Text("The magnet was exchanged."), by=Actor(user=olga))
        embed(Memory.objects.get().pk)


def test_a_search_that_is_wanted_no_more_does_not_wait_for_meanings(profile: Made, olga: User) -> None:
    known_and_then_silent(profile, olga)
    with endpoint(delay_s=600) as silent, serving("conversation:1", lambda: True):
        ModelProfile.objects.update(base_url=silent.url)
        assert texts("magnet", olga) == ["The magnet was exchanged."]
    assert ModelCall.objects.latest("pk").state == "cancelled"


def test_words_are_not_kept_waiting_by_meanings_and_that_counts_for_no_failure(
    profile: Made, olga: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    known_and_then_silent(profile, olga)
    monkeypatch.setattr("agents.memory.meanings.SEARCH_S", 0.2)
    with endpoint(delay_s=600) as silent:
        ModelProfile.objects.update(base_url=silent.url)
        for _ in range(breaker.IN_A_ROW):
            assert texts("magnet", olga) == ["The magnet was exchanged."]
        breaker.check(chosen())
    assert ModelCall.objects.latest("pk").code == "not_waited_for"


def test_words_are_found_when_the_endpoint_for_meanings_is_down(profile: Made, olga: User) -> None:
    with endpoint(vectors({"The magnet was exchanged.": [1.0]})) as scripted:
        profile(scripted, embeddings_model="nomic", attempts=1)
        memories.store(Text("The magnet was exchanged."), by=Actor(user=olga))
        embed(Memory.objects.get().pk)
    assert texts("magnet", olga) == ["The magnet was exchanged."]
