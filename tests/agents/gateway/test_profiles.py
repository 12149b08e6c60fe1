"""Which profile answers, what it may cost, how many may ask at once, and where its key is not."""

import json
import threading
from datetime import timedelta

import pytest
from django.core.exceptions import ValidationError
from django.test import Client
from django.utils import timezone

from agents.gateway import Cause, Request, ask, chosen
from agents.gateway.trial import trial
from agents.models import ModelCall, ModelProfile
from agents.services import profiles
from agents.services.retention import forget_calls
from tests.agents.profiles import Made
from tests.endpoint import Said, endpoint
from tests.pages.world import log_in
from tests.patience import patient
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.audit.models import Entry
from xoptweb.errors import Conflict, NotAllowed, Unavailable

pytestmark = pytest.mark.django_db

ASKED = Request([{"role": "user", "content": "one two three"}])


def row(name: str, **changes: object) -> ModelProfile:
    return ModelProfile.objects.create(**{"name": name, "base_url": "http://x.example/v1", **changes})


def test_names_lead_to_profiles() -> None:
    row("small", model="llama3:8b", default=True)
    row("large", answers_to=["gpt-4*", "ollama/*"])
    row("off", enabled=False, answers_to=["*"])
    asked = {"small": "small", "large": "large", "gpt-4o": "large", "llama3:8b": "small", "else": "small", "": "small"}
    assert {name: chosen(name).name for name in asked} == asked


def test_two_defaults_are_refused() -> None:
    row("small", default=True)
    with pytest.raises(ValidationError, match="default"):
        ModelProfile(name="large", base_url="http://x.example/v1", default=True).full_clean()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("key_variable", "XOPTWEB_SECRET_KEY"),
        ("key_variable", "HOME"),
        ("key_variable", "sk-1234567890"),
        ("base_url", "http://user:secret@x.example/v1"),
        ("base_url", "file:///etc/passwd"),
        ("answers_to", {"a": 1}),
    ],
)
def test_what_would_give_secrets_away_is_refused(field: str, value: object) -> None:
    profile = ModelProfile(**{"name": "small", "base_url": "http://x.example/v1", field: value})
    with pytest.raises(ValidationError) as refused:
        profile.full_clean()
    assert field in refused.value.message_dict


def test_the_key_comes_from_the_environment_and_is_kept_nowhere(
    profile: Made, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("DEBUG")
    with endpoint("the key is sesame-open") as scripted:
        profile(scripted)
        ask(ASKED, Cause("test"))
    assert scripted.keys == ["Bearer sesame-open"]
    call = ModelCall.objects.get()
    assert "sesame" not in json.dumps([call.prompt, call.response, call.error])
    assert "sesame" not in caplog.text


def test_a_day_has_a_budget(profile: Made) -> None:
    with endpoint("four") as scripted:
        profile(scripted, day_tokens=4)
        ask(ASKED, Cause("test"))
        with pytest.raises(Conflict) as refused:
            ask(ASKED, Cause("test"))
        assert refused.value.code == "day_budget"
        ModelCall.objects.update(at=timezone.now() - timedelta(days=1))
        ask(ASKED, Cause("test"))
    assert len(scripted.asked) == 2


def test_a_day_may_cost_so_much(profile: Made) -> None:
    with endpoint("four") as scripted:
        profile(scripted, day_cost=3e-6, price_in=1.0, price_out=1.0)
        ask(ASKED, Cause("test"))
        with pytest.raises(Conflict, match="used up"):
            ask(ASKED, Cause("test"))


def test_a_person_has_a_budget_that_others_do_not_use(profile: Made, olga: User, peter: User) -> None:
    with endpoint("four") as scripted:
        profile(scripted, user_day_tokens=4)
        ask(ASKED, Cause("test", user=olga))
        ask(ASKED, Cause("test", user=peter))
        with pytest.raises(Conflict, match="olga has used") as refused:
            ask(ASKED, Cause("test", user=olga))
    assert refused.value.code == "user_budget"


@pytest.mark.django_db(transaction=True)
def test_no_more_calls_run_at_once_than_the_profile_allows(profile: Made) -> None:
    hold, begun = threading.Event(), threading.Event()
    with endpoint(Said("one two", hold=hold), "three") as scripted:
        made = profile(scripted, concurrency=1, timeout_s=5)
        first = threading.Thread(target=_ask_and_leave, args=(begun,))
        first.start()
        assert begun.wait(patient(10))
        with pytest.raises(Unavailable) as refused:
            _impatiently(made.name)
        hold.set()
        first.join(patient(10))
        assert ask(ASKED, Cause("test")).text == "three"
    assert refused.value.code == "model_busy"


def _ask_and_leave(begun: threading.Event) -> None:
    from django.db import connections

    ask(ASKED, Cause("test"), on_text=lambda _: begun.set())
    connections.close_all()


def _impatiently(name: str) -> None:
    ModelProfile.objects.filter(name=name).update(timeout_s=0.3)
    try:
        ask(ASKED, Cause("test"))
    finally:
        ModelProfile.objects.filter(name=name).update(timeout_s=5)


def test_the_place_of_a_dead_process_is_free_again(profile: Made) -> None:
    with endpoint("here") as scripted:
        profile(scripted, concurrency=1)
        ask(ASKED, Cause("test"))
        call = ModelCall.objects.get()
        host = call.process.split(":")[0]
        ModelCall.objects.update(state="running", process=f"{host}:999999:1")
        assert ask(ASKED, Cause("test")).text == "here"
    call.refresh_from_db()
    assert call.state == "lost"


def test_only_administrators_change_profiles_and_it_is_on_record(ada: User, peter: User) -> None:
    profile = ModelProfile(name="small", base_url="http://x.example/v1")
    with pytest.raises(NotAllowed):
        profiles.save(profile, by=Actor(user=peter))
    profiles.save(profile, by=Actor(user=ada))
    profile.enabled = False
    profiles.save(profile, by=Actor(user=ada))
    profiles.remove(profile, by=Actor(user=ada))
    actions = Entry.objects.order_by("id").values_list("action", flat=True)
    assert list(actions) == ["profile.added", "profile.changed", "profile.removed"]


def test_a_trial_says_what_works(profile: Made, ada: User, peter: User) -> None:
    with endpoint("ready", Said(calls=(("echo", {"word": "ready"}),))) as scripted:
        made = profile(scripted)
        found = trial(made, by=Actor(user=ada))
        with pytest.raises(NotAllowed):
            trial(made, by=Actor(user=peter))
    assert [each.good for each in found] == [True, True, True]
    assert "in 1 piece: “ready”" in found[1].text


def test_a_trial_says_what_does_not(profile: Made, ada: User, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("LAB_KEY")
    with endpoint("ready now", "I would rather talk") as scripted:
        found = trial(profile(scripted), by=Actor(user=ada))
    assert [each.good for each in found] == [False, True, False]
    assert "in 2 pieces: “ready now”" in found[1].text
    assert "LAB_KEY is not set" in found[0].text


def test_a_profile_is_added_on_its_page_and_tried_out_there(ada: User, peter: User) -> None:
    page = "/admin/agents/modelprofile/add/"
    with endpoint("ready", Said(calls=(("echo", {"word": "ready"}),))) as scripted:
        form = {"name": "lab", "base_url": scripted.url, "enabled": "on", "answers_to": "[]", "timeout_s": "10",
                "attempts": "1", "context_tokens": "16000", "answer_tokens": "4000", "structure": "prompt",
                "limit_parameter": "max_tokens", "concurrency": "2", "native_tools": "on",
                "sends_temperature": "on"}  # fmt: skip
        assert log_in(Client(), peter).get(page).status_code == 403
        client = log_in(Client(), ada)
        assert client.post(page, form).status_code == 302
        row = ModelProfile.objects.get()
        shown = client.get(f"/admin/agents/modelprofile/{row.pk}/change/").content.decode()
        test = f"/admin/agents/modelprofile/{row.pk}/test"
        assert test in shown
        answer = client.get(test, follow=True)
        assert log_in(Client(), peter).get(test, follow=True).status_code == 403
    assert "It calls tools." in answer.content.decode()


def test_old_records_are_forgotten(profile: Made) -> None:
    with endpoint("here") as scripted:
        profile(scripted)
        ask(ASKED, Cause("test"))
        ask(ASKED, Cause("test"))
    old = ModelCall.objects.earliest("id")
    ModelCall.objects.filter(pk=old.pk).update(at=timezone.now() - timedelta(days=91))
    assert forget_calls() == 1
    assert not ModelCall.objects.filter(pk=old.pk).exists()
    assert ModelCall.objects.count() == 1
