"""An endpoint that repeats its key: nothing that is kept, shown or handed on holds it."""

import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from django.apps import apps
from django.db.models import JSONField, TextField

from agents.gateway import Cause, Offered, Request, ask, hiding
from agents.gateway.embedding import embed
from agents.models import ModelCall, Turn
from agents.services.memories import Text, store
from controls.models import Machine
from modules.services import grants
from tests.agents.loop.conftest import Talking, talking
from tests.agents.profiles import Made
from tests.endpoint import Said, endpoint
from tests.modules.installed import BY, Install, _no_module_stays, install, payloads, ran
from xoptweb.accounts.models import User
from xoptweb.actors import Actor
from xoptweb.errors import Problem
from xoptweb.live import topics
from xoptweb.work import running
from xoptweb.work.models import Work

__all__ = ["_no_module_stays", "install", "talking"]

pytestmark = pytest.mark.django_db

KEY = "sesame-open"
ESCAPED = "".join(f"\\u{ord(letter):04x}" for letter in KEY)
CAUSE = Cause("test", "test:1")
READ = Offered("read", "Reads a channel.", {"type": "object"})


def rows_with(text: str) -> Iterator[str]:
    """The columns of the whole database that hold a text, also where JSON spells it with escapes."""
    for model in apps.get_models():
        if not model._meta.managed or model._meta.proxy:
            continue
        fields: list[Any] = [field for field in model._meta.concrete_fields if isinstance(field, TextField | JSONField)]
        fields += [field for field in model._meta.concrete_fields if field.get_internal_type() == "CharField"]
        for row in model._default_manager.values(*[field.attname for field in fields]) if fields else ():
            yield from (f"{model.__name__}.{name}" for name, value in row.items() if text in as_text(value))


def as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)


def pieces(*texts: str, model: str = "m") -> Said:
    """A stream of exactly these pieces."""
    made: list[dict[str, Any]] = [
        {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": None}]} for text in texts
    ]
    made.append({"choices": [{"index": 0, "delta": {}, "finish_reason": "stop"}]})
    return Said(raw=tuple(f"data: {json.dumps({'model': model, **each})}\n\n" for each in made))


@pytest.mark.parametrize(
    "texts",
    [
        (f"it is {KEY}.",),
        ("it is ", *KEY, "."),
        ("it is ses", "ame-", "open."),
        (f"it is {KEY[:5]}", f"{KEY[5:]}."),
    ],
)
def test_what_is_streamed_never_holds_it_however_it_is_divided(profile: Made, texts: tuple[str, ...]) -> None:
    shown: list[str] = []
    with endpoint(pieces(*texts, model=f"m {KEY}")) as scripted:
        profile(scripted)
        done = ask(Request([{"role": "user", "content": "?"}]), CAUSE, on_text=shown.append)
    assert "".join(shown) == done.text == f"it is {hiding.HIDDEN}."
    assert done.model == f"m {hiding.HIDDEN}"
    assert list(rows_with(KEY)) == []


@pytest.mark.parametrize("text", ["the cases", "sesame", "sesame-sesame-ope", "sses", ""])
def test_what_only_begins_like_it_comes_through(text: str) -> None:
    stream = hiding.Stream(KEY)
    assert "".join(map(stream.add, text)) + stream.rest() == text


def test_a_stream_shows_what_the_whole_text_would() -> None:
    for text in ("ababab", "aababb", "abbabab", "babaab" * 3):
        stream = hiding.Stream("abab")
        assert "".join(map(stream.add, text)) + stream.rest() == hiding.without(text, "abab")


@pytest.mark.parametrize("native", [True, False])
@pytest.mark.parametrize("written", [KEY, ESCAPED])
def test_calls_never_hold_it_also_not_in_other_letters_of_json(profile: Made, native: bool, written: str) -> None:
    arguments = f'{{"a": {{"{written}": ["{written}"]}}}}'
    call = Said("", (("read", arguments),)) if native else f'<tool name="read">{arguments}</tool>'
    with endpoint(call) as scripted:
        profile(scripted, native_tools=native)
        (called,) = ask(Request([{"role": "user", "content": "?"}], tools=[READ]), CAUSE).calls
    assert called.arguments == {"a": {hiding.HIDDEN: [hiding.HIDDEN]}}
    assert KEY not in called.text
    assert ESCAPED not in called.text
    assert list(rows_with(KEY)) == []


def test_a_turn_leaves_it_nowhere(talking: Talking, linac: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    shown: list[str] = []

    def look(topic: str, values: dict[str, str]) -> None:
        shown.extend([*values.values(), Turn.objects.get().draft])

    monkeypatch.setattr(topics, "send", look)
    monkeypatch.setattr("agents.loop.drafting.SAVE_EVERY_S", 0.0)
    said = Said(f"I call with {KEY} now", (("find_campaigns", {"words": KEY}), (KEY, {}), ("read", f"{{{KEY}")))
    with talking(said, pieces("The key is ses", "ame-open", ", I think.")) as talk:
        turn = talk.ask("what is your key?")
        asked = json.dumps(talk.scripted.asked)
    assert turn.state == "done"
    assert talk.messages[-1].text == f"The key is {hiding.HIDDEN}, I think."
    assert any(hiding.HIDDEN in text for text in shown)
    assert not [text for text in shown if re.search("ses|open", text)]
    assert KEY not in asked
    assert list(rows_with(KEY)) == []


@pytest.mark.parametrize("padding", [0, 485])
def test_a_refusal_that_repeats_it_is_told_and_kept_without_any_part_of_it(profile: Made, padding: int) -> None:
    body = json.dumps({"error": {"message": f"{'x' * padding} wrong key {KEY}"}})
    with endpoint((401, body)) as scripted:
        made = profile(scripted, attempts=1, embeddings_model="e")
        for asking in (
            lambda: ask(Request([{"role": "user", "content": "?"}]), CAUSE),
            lambda: embed(["a"], made, CAUSE),
        ):
            with pytest.raises(Problem) as refused:
                asking()
            assert "sesa" not in refused.value.message + str(refused.value)
    assert list(rows_with("sesa")) == []


def test_work_that_failed_by_such_a_refusal_keeps_no_traceback_with_it(
    profile: Made, olga: User, caplog: pytest.LogCaptureFixture
) -> None:
    with endpoint((401, json.dumps({"error": {"message": f"wrong key {KEY}"}}))) as scripted:
        profile(scripted, attempts=1, embeddings_model="e")
        store(Text("The screen needs five seconds."), by=Actor(user=olga))
        running.run(Work.objects.get(name="agents.embed").pk)
    assert hiding.HIDDEN in Work.objects.get(name="agents.embed").error
    assert list(rows_with(KEY)) == []
    assert KEY not in caplog.text


@pytest.mark.django_db(transaction=True)
def test_a_run_of_a_module_leaves_it_nowhere(profile: Made, install: Install) -> None:
    body = """
    told = [{"role": "user", "content": "what is your key?"}]
    answer = xopt.chat(told, tools=["find_machines"])
    return [answer, xopt.call_llm("and again?")]
    """
    with endpoint(Said(f"It is {KEY}.", (("find_machines", {"words": KEY}),)), f"It is {KEY}.") as scripted:
        profile(scripted)
        version = install("\n".join(line.strip() for line in body.splitlines()))
        grants.set_grants(version.module, ["llm:*", "tool:find_machines"], by=BY)
        run = ran()
    assert run.state == "succeeded", run.error
    assert [each["response"] for each in payloads(run, "llm_result")] == [f"It is {hiding.HIDDEN}."] * 2
    assert list(rows_with(KEY)) == []
    assert ModelCall.objects.count() == 2
