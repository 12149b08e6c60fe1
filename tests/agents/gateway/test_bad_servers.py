"""What a bad server sends becomes a failure with a reason, never an answer, and is on record."""

import json
import socket

import pytest

from agents.gateway import Cause, Request, ask
from agents.gateway.failures import Failure
from agents.models import ModelCall
from tests.agents.profiles import Made
from tests.endpoint import Answer, Said, endpoint

pytestmark = pytest.mark.django_db

CAUSE = Cause("test", "test:1")
ASKED = Request([{"role": "user", "content": "hi"}])
WRONG_SHAPE = json.dumps({"choices": [{"delta": {"content": ["a list"]}}]})


def failed(answer: Answer, profile: Made, *, streamed: bool, delay_s: float = 0.0, **changes: object) -> ModelCall:
    with endpoint(answer, delay_s=delay_s) as scripted:
        profile(scripted, **{"attempts": 1} | changes)
        with pytest.raises(Failure) as refused:
            ask(ASKED, CAUSE, on_text=(lambda _: None) if streamed else None)
    call = ModelCall.objects.get()
    assert call.state == "failed"
    assert (call.code, call.error) == (refused.value.code, refused.value.message)
    return call


@pytest.mark.parametrize("streamed", [True, False])
@pytest.mark.parametrize(
    ("answer", "code"),
    [
        ((503, '{"error": {"message": "busy"}}'), "busy"),
        ((401, '{"error": {"message": "who are you, sesame-open?"}}'), "refused"),
        ((302, "elsewhere"), "refused"),
        ((200, "<html>a proxy</html>"), "web_page"),
        ((200, "\ufeff\n <!DOCTYPE html><title>Log in</title>"), "web_page"),
        ((404, "<html>there is no such page</html>"), "web_page"),
        ((502, "<html>bad gateway</html>"), "busy"),
        (Said("one two three four", cut=True), "cut_off"),
        ("word " * 1_000_000, "too_large"),
    ],
)
def test_it_is_told_what_went_wrong(profile: Made, answer: Answer, code: str, streamed: bool) -> None:
    call = failed(answer, profile, streamed=streamed)
    assert call.code == code
    assert "sesame" not in call.error
    assert "<" not in call.error


def test_a_web_page_is_told_with_what_to_look_at(profile: Made) -> None:
    call = failed((200, "<html>Please log in.</html>"), profile, streamed=True, attempts=3)
    assert call.error.startswith("The server answered with a web page")
    assert "check the base URL" in call.error
    assert call.attempts == 1  # it would be the same page again


@pytest.mark.parametrize(
    "line", ["data: {not json\n\n", f"data: {WRONG_SHAPE}\n\n", 'data: {"choices": 4}\n\n', "data: [1]\n\n"]
)
def test_a_stream_of_nonsense_is_no_answer(profile: Made, line: str) -> None:
    assert failed(Said(raw=(line,)), profile, streamed=True).code == "nonsense"


def test_an_error_in_the_middle_of_a_stream_is_a_failure(profile: Made) -> None:
    line = 'data: {"error": {"message": "out of memory"}}\n\n'
    call = failed(Said(raw=(line,)), profile, streamed=True)
    assert "out of memory" in call.error


@pytest.mark.parametrize("streamed", [True, False])
def test_silence_is_a_failure_after_the_time_that_the_profile_allows(profile: Made, streamed: bool) -> None:
    assert failed("late", profile, streamed=streamed, delay_s=60, timeout_s=0.2).code == "slow"


def test_nothing_listens(profile: Made) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        port = unused.getsockname()[1]
    with endpoint("not asked") as scripted:
        scripted.url = f"http://127.0.0.1:{port}/v1"
        profile(scripted, attempts=2)
    with pytest.raises(Failure) as refused:
        ask(ASKED, CAUSE)
    assert refused.value.code == "unreachable"
    assert ModelCall.objects.get().attempts == 2


def test_what_fails_once_is_tried_again(profile: Made) -> None:
    with endpoint((500, "{}"), "now") as scripted:
        profile(scripted)
        assert ask(ASKED, CAUSE, on_text=lambda _: None).text == "now"
    assert len(scripted.asked) == 2


def test_what_was_half_said_is_not_said_again(profile: Made) -> None:
    pieces: list[str] = []
    with endpoint(Said("one two", cut=True), "other words") as scripted:
        profile(scripted)
        with pytest.raises(Failure):
            ask(ASKED, CAUSE, on_text=pieces.append)
    assert pieces == ["one ", "two"]
    assert ModelCall.objects.get().response == {"text": "one two"}


def test_an_endpoint_that_keeps_failing_is_left_alone_for_a_while(profile: Made) -> None:
    with endpoint((500, "{}")) as scripted:
        profile(scripted, attempts=1)
        for _ in range(4):
            with pytest.raises(Failure):
                ask(ASKED, CAUSE)
        with pytest.raises(Failure) as refused:
            ask(ASKED, CAUSE)
    assert refused.value.code == "model_resting"
    assert len(scripted.asked) == 4


def test_an_endpoint_that_rested_is_asked_again(profile: Made) -> None:
    with endpoint((500, "{}"), (500, "{}"), (500, "{}"), (500, "{}"), "well again") as scripted:
        profile(scripted, attempts=1)
        for _ in range(4):
            with pytest.raises(Failure):
                ask(ASKED, CAUSE)
        long_ago = ModelCall.objects.earliest("id").at.replace(year=2020)
        ModelCall.objects.update(at=long_ago, ended_at=long_ago)
        assert ask(ASKED, CAUSE).text == "well again"
