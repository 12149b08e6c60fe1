"""Asking the one model that the settings name."""

from collections.abc import Iterator

import pytest

from agents import gateway
from tests.endpoint import endpoint
from xoptweb.config import config
from xoptweb.errors import Unavailable

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def settings_are_read_anew() -> Iterator[None]:
    yield
    config.cache_clear()


def configured(monkeypatch: pytest.MonkeyPatch, url: str, **more: str) -> None:
    for name, value in {"BASE_URL": url, "MODEL": "llama", "KEY": "sesame", "TIMEOUT_S": "5", **more}.items():
        monkeypatch.setenv(f"XOPTWEB_LLM_{name}", value)
    config.cache_clear()


def test_a_prompt_is_answered_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint("  forty two \n") as scripted:
        configured(monkeypatch, scripted.url)
        done = gateway.complete("how many are there", model="ollama/x", temperature=0.3, max_tokens=7)
    assert (done.text, done.model, done.tokens_in, done.tokens_out) == ("forty two", "llama", 4, 2)
    assert done.latency_s > 0
    assert scripted.asked[0]["messages"] == [{"role": "user", "content": "how many are there"}]
    assert (scripted.asked[0]["temperature"], scripted.asked[0]["max_tokens"]) == (0.3, 7)
    assert scripted.keys == ["Bearer sesame"]


def test_messages_replace_a_prompt(monkeypatch: pytest.MonkeyPatch) -> None:
    messages = [{"role": "system", "content": "be brief"}, {"role": "user", "content": "hi"}]
    with endpoint("hi") as scripted:
        configured(monkeypatch, scripted.url)
        gateway.complete(messages=messages)
    assert scripted.asked[0]["messages"] == messages


def test_without_an_endpoint_no_model_is_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    configured(monkeypatch, "")
    monkeypatch.setenv("OPENAI_API_KEY", "someone's own")
    with pytest.raises(Unavailable, match="No model is configured") as refused:
        gateway.complete("hi")
    assert refused.value.code == "no_model"


def test_a_short_trouble_of_the_endpoint_is_overcome(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint((503, '{"error": {"message": "busy"}}'), "now") as scripted:
        configured(monkeypatch, scripted.url)
        assert gateway.complete("hi").text == "now"
    assert len(scripted.asked) == 2


@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((401, '{"error": {"message": "who are you?"}}'), "refused"),
        ((200, "<html>a proxy</html>"), "web_page"),
        ((200, '{"choices": []}'), "nonsense"),
        ((200, "{}"), "nonsense"),
    ],
)
def test_what_is_no_answer_is_said_to_be_none(
    monkeypatch: pytest.MonkeyPatch, answer: tuple[int, str], code: str
) -> None:
    with endpoint(answer) as scripted:
        configured(monkeypatch, scripted.url)
        with pytest.raises(Unavailable) as refused:
            gateway.complete("hi")
    assert refused.value.code == code
    assert "sesame" not in refused.value.message


def test_an_endpoint_that_takes_too_long_has_failed(monkeypatch: pytest.MonkeyPatch) -> None:
    with endpoint("late", delay_s=30) as scripted:
        configured(monkeypatch, scripted.url, TIMEOUT_S="0.2")
        with pytest.raises(Unavailable, match="did not answer"):
            gateway.complete("hi")
