"""What real servers send where they differ from the form: as llama.cpp and llama-cpp-python did, shortened."""

import json
from typing import Any

import pytest

from agents.gateway import Called, Cause, Offered, Request, ask, told
from agents.gateway.embedding import embed
from agents.gateway.failures import Failure
from agents.gateway.trial import trial
from agents.models import ModelCall, ModelProfile
from tests.agents.profiles import Made
from tests.endpoint import Said, Scripted, endpoint
from xoptweb.accounts.models import User
from xoptweb.actors import Actor

pytestmark = pytest.mark.django_db

CAUSE = Cause("test", "test:1")
ASKED = Request([{"role": "user", "content": "hi"}])
ECHO = Offered("echo", "Repeats a word.", {"type": "object", "properties": {"word": {"type": "string"}}})


def line(delta: dict[str, Any], finish: str | None = None) -> str:
    return f"data: {json.dumps({'model': 'm', 'choices': [{'index': 0, 'delta': delta, 'finish_reason': finish}]})}\n\n"


def called(name: str, arguments: Any) -> dict[str, Any]:
    function = {"name": name, "arguments": arguments}
    return {"tool_calls": [{"index": 0, "id": "call__0_echo_cmpl-1", "type": "function", "function": function}]}


def streamed(profile: Made, *lines: str, **more: Any) -> Any:
    with endpoint(Said(raw=lines)) as scripted:
        profile(scripted, **more)
        return ask(Request(ASKED.messages, tools=[ECHO]), CAUSE, on_text=lambda _: None)


def test_a_name_that_comes_again_with_each_piece_of_its_arguments_is_one_name(profile: Made) -> None:
    done = streamed(profile, line(called("echo", '{"word"')), line(called("echo", ': "a"}')), line({}, "tool_calls"))
    assert done.calls == (Called("call__0_echo_cmpl-1", "echo", {"word": "a"}, '{"word": "a"}'),)


def test_arguments_that_come_as_an_object_are_arguments(profile: Made) -> None:
    done = streamed(profile, line(called("echo", {"word": "a"})), line({}, "tool_calls"))
    assert done.calls[0].arguments == {"word": "a"}


def test_what_a_model_thinks_before_is_not_its_answer(profile: Made) -> None:
    thinks = line({"role": "assistant", "content": None, "reasoning_content": "I could call {echo}."})
    done = streamed(profile, thinks, line({"content": "four"}), line({}, "stop"))
    assert (done.text, done.thought) == ("four", True)


@pytest.mark.parametrize(
    ("said", "text"),
    [
        ('<think>\n<tool name="echo">{"word": "a"}</tool>\n</think>\n\nfour', "four"),
        ("I could say five.\n</think>\n\nfour", "four"),  # the template had written the beginning
        ("<think>\nI could say five and", ""),
        ("the tag </think> ends a thought", "the tag </think> ends a thought"),
    ],
)
def test_a_thought_that_stands_in_the_answer_is_taken_out_of_it_and_calls_nothing(
    profile: Made, said: str, text: str
) -> None:
    with endpoint(said) as scripted:
        profile(scripted, native_tools=False)
        done = ask(Request(ASKED.messages, tools=[ECHO]), CAUSE)
    assert (done.text, done.calls) == (text, ())
    response = ModelCall.objects.get().response
    assert response is not None
    assert response["text"] == said


def test_a_model_that_thinks_until_it_is_cut_off_is_said_to_have_done_so(profile: Made) -> None:
    done = streamed(profile, line({"reasoning_content": "Well, "}), line({}, "length"))
    assert done.cut
    assert "cut off while it was thinking" in done.nothing()
    assert "answer tokens" in done.nothing()


def refused(profile: Made, status: int, body: str, *, on_text: Any = None) -> Failure:
    with endpoint((status, body)) as scripted:
        profile(scripted, attempts=2)
        with pytest.raises(Failure) as found:
            ask(ASKED, CAUSE, on_text=on_text)
    return found.value


@pytest.mark.parametrize(
    ("status", "body", "said"),
    [
        (400, '{"error": "model not loaded"}', "model not loaded."),
        (422, '{"detail": [{"loc": ["body", "messages"], "msg": "Field required"}]}', '"msg": "Field required"'),
        (401, '{"detail": "Invalid API key"}', "Invalid API key. Is its key the right one?"),
        (404, '{"detail": "Not Found"}', "Not Found. Is its base URL right"),
        (404, '{"object": "error", "message": "The model `x` does not exist.", "code": 404}', "`x` does not exist."),
    ],
)
def test_errors_of_other_forms_are_told_in_their_words(profile: Made, status: int, body: str, said: str) -> None:
    problem = refused(profile, status, body)
    assert problem.code == "refused"
    assert said in problem.message
    assert "{'" not in problem.message


@pytest.mark.parametrize("error", ["out of memory", {"code": 500, "message": "out of memory", "type": "server_error"}])
def test_an_error_in_the_middle_of_a_stream_is_told_in_its_words(profile: Made, error: object) -> None:
    with pytest.raises(Failure, match=r"The model failed: out of memory\."):
        streamed(profile, line({"role": "assistant"}), f"data: {json.dumps({'error': error})}\n\n", attempts=1)


def test_an_endpoint_whose_context_is_shorter_than_the_profile_says_is_a_reason_of_its_own(profile: Made) -> None:
    told = "request (60012 tokens) exceeds the available context size (16384 tokens), try increasing it"
    error = {"code": 400, "message": told, "type": "exceed_context_size_error", "n_ctx": 16384}
    problem = refused(profile, 400, json.dumps({"error": error}), on_text=lambda _: None)
    assert problem.code == "too_long"
    assert told in problem.message
    assert "context tokens of its profile" in problem.message


def test_what_an_endpoint_cannot_do_is_not_asked_again_and_is_no_illness(profile: Made) -> None:
    told = "This server does not support embeddings. Start it with `--embeddings`"
    body = json.dumps({"error": {"code": 501, "message": told, "type": "not_supported_error"}})
    with endpoint((501, body)) as scripted:
        made = profile(scripted, embeddings_model="m")
        for _ in range(5):
            with pytest.raises(Failure, match="Start it with") as found:
                embed(["one"], made, CAUSE)
    assert found.value.code == "refused"
    assert len(scripted.asked) == 5


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ("<html>a proxy</html>", "web_page"),
        ('{"data": null}', "nonsense"),
        ('{"data": [{"index": 0, "embedding": [[0.1, 0.2], [0.3, 0.4]]}]}', "nonsense"),
    ],
)
def test_vectors_that_are_none_are_a_failure(profile: Made, body: str, code: str) -> None:
    with endpoint((200, body)) as scripted:
        made = profile(scripted, embeddings_model="m")
        with pytest.raises(Failure) as found:
            embed(["one"], made, CAUSE)
    assert found.value.code == code


def test_users_and_the_model_take_turns_as_strict_chat_templates_want_it(profile: Made) -> None:
    """Those of Mistral and Gemma refuse all else; a cancelled or failed answer leaves such histories behind."""
    call = {"id": "m00000200", "type": "function", "function": {"name": "echo", "arguments": "{}"}}
    history: list[dict[str, object]] = [
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "why?"},
        {"role": "user", "content": "Go on."},
        {"role": "assistant", "content": "", "tool_calls": [call]},
        {"role": "tool", "tool_call_id": "m00000200", "content": "{}"},
        {"role": "user", "content": "Go on."},
    ]
    with endpoint() as scripted:
        profile(scripted)
        ask(Request(history, tools=[ECHO]), CAUSE)
    sent = scripted.asked[0]["messages"]
    assert [each["role"] for each in sent] == ["system", "user", "assistant", "tool", "assistant", "user"]
    assert sent[1]["content"] == "why?\n\nGo on."
    assert "no answer" in sent[4]["content"]


@pytest.mark.parametrize("native", [True, False])
def test_what_may_call_tools_is_not_held_to_a_schema(profile: Made, native: bool) -> None:
    """llama.cpp forgets the tools where it holds an answer to a schema."""
    with endpoint() as scripted:
        made = profile(scripted, structure="json_schema", native_tools=native)
        schema = {"type": "object", "properties": {"count": {"type": "integer"}}}
        told_so = told(made, ASKED.messages, schema, [ECHO])
        ask(Request(told_so, tools=[ECHO], schema=schema), CAUSE)
    asked = scripted.asked[0]
    assert "response_format" not in asked
    assert '"count"' in asked["messages"][0]["content"]


def tried(
    profile: Made, ada: User, *answers: Scripted, listing: tuple[int, str] | None = None, **more: Any
) -> list[str]:
    """What a trial finds, each with ✓ or ✗ before it."""
    ready: list[Scripted] = ["ready", Said(calls=(("echo", {"word": "ready"}),)), *answers]
    with endpoint(*ready) as scripted:
        scripted.listing = listing or scripted.listing
        found = trial(profile(scripted, key_variable="", **more), by=Actor(user=ada))
    return [f"{'✓' if each.good else '✗'} {each.text}" for each in found[1:]]


@pytest.mark.parametrize(
    ("model", "said"),
    [
        ({"id": "llama", "meta": {"n_ctx": 8192, "n_ctx_train": 32768}}, "✗ It reads 8192 tokens at once, but the"),
        ({"id": "the only one", "meta": {"n_ctx": 8192}}, "✗ It reads 8192 tokens at once, but the profile says 16000"),
        ({"id": "llama", "max_model_len": 40_960}, "✓ It reads 40960 tokens at once."),
    ],
)
def test_a_trial_says_when_the_endpoint_reads_less_than_the_profile_says(
    profile: Made, ada: User, model: dict[str, Any], said: str
) -> None:
    """`-c` of llama.cpp is shared by its places where there are several."""
    found = tried(profile, ada, listing=(200, json.dumps({"object": "list", "data": [model]})))
    assert found[0].startswith(said)
    assert found[1:] == ["✓ It calls tools."]


@pytest.mark.parametrize(
    "listing",
    [(404, "{}"), (200, "<html>"), (200, '{"data": null}'), (200, '{"data": [4, {"id": 4}, {"id": "llama"}]}')],
)
def test_a_trial_does_without_a_list_of_models(profile: Made, ada: User, listing: tuple[int, str]) -> None:
    assert tried(profile, ada, listing=listing) == ["✓ It calls tools."]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        ('{"count": 8}', "✓ It holds answers to a JSON schema."),
        ("A spider has eight.", "✗ It did not hold its answer to a JSON schema"),
        ((400, '{"error": {"message": "json_schema is unknown"}}'), "✗ Asked to hold its answer to a JSON schema: "),
    ],
)
def test_a_trial_says_whether_answers_are_held_to_a_schema(
    profile: Made, ada: User, answer: Scripted, said: str
) -> None:
    assert tried(profile, ada, answer, structure="json_schema")[1].startswith(said)


def test_a_trial_says_whether_texts_become_vectors(profile: Made, ada: User) -> None:
    vectors = (200, json.dumps({"data": [{"index": 0, "embedding": [0.1, 0.2]}]}))
    refuses = (501, '{"error": {"message": "Start it with `--embeddings`"}}')
    assert tried(profile, ada, vectors, embeddings_model="nomic")[1] == "✓ nomic makes vectors of 2 numbers."
    ModelProfile.objects.all().delete()
    assert "Start it with `--embeddings`" in tried(profile, ada, refuses, embeddings_model="nomic")[1]
